"""What every generator keeps: jumps, phases, JSON, errors, and hardware with the same words."""

import gc
import warnings

import numpy as np
import pytest
from amaranth.hdl import ClockDomain, Module
from amaranth.sim import Simulator

import rtl
from fixedpoint.circuit import Parameters
from sim.catalog import catalog
from stochastic import (
    Counter,
    Generator,
    Halton,
    Lfsr,
    Pcg,
    Rotated,
    Sng,
    Sobol,
    VanDerCorput,
    Xorshift32,
    same_sequence,
)

# One of each kind with a period that can be walked through.
SHORT = [
    Counter(width=5),
    Counter(width=5, direction="down"),
    Lfsr(width=7, seed=5),
    Lfsr(width=7, seed=5, form="galois", zero_state=True),
    VanDerCorput(width=6),
    Sobol(width=6, dimension=9),
    Halton(width=6, base=5),
    Lfsr(width=6).rotated(2),
]
LONG = [
    Lfsr(width=32, seed=77, zero_state=True),
    Lfsr(width=31, form="galois"),
    Xorshift32(width=32, seed=9),
    Pcg(width=16, seed=1),
    VanDerCorput(width=32),
    Sobol(width=24, dimension=700),
    Halton(width=24, base=63),
    Xorshift32(width=9).rotated(4),
]
ENTRIES = [e for e in catalog() if isinstance(e.default, Generator)]
CATALOGUE = [parameters for entry in ENTRIES for parameters in entry.all]


def name(parameters):
    values = parameters.to_dict().values()
    return "-".join(str(v) for v in values if not isinstance(v, list | dict))


@pytest.mark.parametrize("generator", SHORT + LONG, ids=name)
def test_words_are_uint32_of_the_width(generator):
    words = generator.words(3000)
    assert words.dtype == np.uint32 and words.shape == (3000,)
    assert int(words.max()).bit_length() <= generator.width
    assert generator.words(0).dtype == np.uint32 and generator.words(0).shape == (0,)


@pytest.mark.parametrize("generator", SHORT, ids=name)
def test_every_start_and_length_around_the_period(generator):
    period = generator.period
    walk = [int(generator.words(1, t)[0]) for t in range(period)] * 4
    for start in range(period + 2):
        for n in (0, 1, 2, period - 1, period, period + 1, 2 * period + 3):
            assert generator.words(n, start).tolist() == walk[start : start + n]
    assert generator.words(9, 10**6 * period + 3).tolist() == walk[3:12]


@pytest.mark.parametrize("generator", LONG, ids=name)
def test_a_jump_lands_where_steps_lead(generator):
    words = generator.words(20000)
    rng = np.random.default_rng(1)
    for start in rng.integers(0, 19000, 20):
        n = int(rng.integers(0, 1000))
        assert np.array_equal(generator.words(n, int(start)), words[start : start + n])
    if generator.period < 2**63:  # from the end of a period back to its beginning
        last = generator.words(3000, generator.period - 1000)
        assert np.array_equal(last[1000:], words[:2000])
        before = generator.words(500, generator.period - 1000)
        assert np.array_equal(before, last[:500])


@pytest.mark.parametrize("generator", SHORT + LONG, ids=name)
def test_phase_and_delay_move_the_sequence(generator):
    words = generator.words(400)
    assert np.array_equal(generator.replace(phase=123).words(277), words[123:])
    delayed = generator.delayed(50)
    assert np.array_equal(delayed.words(350, 50), words[:350])
    assert np.array_equal(generator.replace(phase=123).delayed(23).words(300), words[100:])
    assert delayed.delayed(7).phase == (-57) % generator.period


@pytest.mark.parametrize("generator", SHORT + LONG, ids=name)
def test_json_round_trip(generator):
    again = Parameters.from_json(generator.to_json())
    assert again == generator and hash(again) == hash(generator)
    assert np.array_equal(again.words(100), generator.words(100))


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Counter(width=0), "Counter width must be between 1 and 32, not 0"),
        (lambda: Counter(width=33), "Counter width must be between 1 and 32, not 33"),
        (
            lambda: Counter(width=8, direction="left"),
            "Counter direction must be one of up, down, not 'left'",
        ),
        (lambda: VanDerCorput(width=33), "VanDerCorput width must be between 1 and 32, not 33"),
        (lambda: Sobol(width=25), "Sobol width must be between 1 and 24, not 25"),
        (
            lambda: Sobol(width=8, dimension=1024),
            "Sobol dimension must be between 0 and 1023, not 1024",
        ),
        (lambda: Halton(width=25), "Halton width must be between 1 and 24, not 25"),
        (lambda: Halton(width=8, base=1), "Halton base must be between 2 and 64, not 1"),
        (lambda: Halton(width=8, base=65), "Halton base must be between 2 and 64, not 65"),
        (lambda: Xorshift32(width=0), "Xorshift32 width must be between 1 and 32, not 0"),
        (
            lambda: Xorshift32(width=8, seed=0),
            "Xorshift32 seed must be between 1 and 4294967295, not 0",
        ),
        (
            lambda: Pcg(width=8, seed=-1),
            f"Pcg seed must be between 0 and {2**128 - 1}, not -1",
        ),
        (
            lambda: Counter(width=8, phase=-1),
            "Counter phase must be between 0 and 9223372036854775807, not -1",
        ),
        (lambda: Counter(width=8).rotated(8), "Rotated by must be between 0 and 7, not 8"),
        (
            lambda: Rotated(width=4, generator=Counter(width=8), by=1),
            "Rotated width must be its generator's 8, not 4",
        ),
        (
            lambda: Counter(width=8).words(-1),
            "number of words must be between 0 and 281474976710656, not -1",
        ),
        (
            lambda: Counter(width=8).words(1, start=-1),
            "start cycle must be between 0 and 9223372036854775807, not -1",
        ),
        (
            lambda: Counter(width=8).delayed(-1),
            "delay must be between 0 and 9223372036854775807, not -1",
        ),
    ],
)
def test_values_out_of_range_are_refused(make, sentence):
    with pytest.raises(ValueError) as error:
        make()
    assert str(error.value) == sentence


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Counter(width=8.0), "Counter width must be an integer, not 8.0"),
        (lambda: Halton(width=True), "Halton width must be an integer, not True"),
        (lambda: Sobol(width=8, dimension="1"), "Sobol dimension must be an integer, not '1'"),
        (
            lambda: Rotated(width=8, generator=8, by=1),
            "Rotated generator must be a generator, not 8",
        ),
        (
            lambda: Generator(width=8),
            "Generator is the base of the generators: make an Lfsr, or another",
        ),
    ],
)
def test_values_of_wrong_type_are_refused(make, sentence):
    with pytest.raises(TypeError) as error:
        make()
    assert str(error.value) == sentence


def test_same_sequence_compares_words():
    a = Sobol(width=8)
    assert same_sequence(a, Sobol(width=8), 256)
    assert same_sequence(Halton(width=8, base=2), VanDerCorput(width=8), 256)
    assert same_sequence(Lfsr(width=8, phase=255), Lfsr(width=8), 1000)
    assert not same_sequence(a, VanDerCorput(width=8), 256)
    assert not same_sequence(a, Sobol(width=9), 256)
    late = Lfsr(width=32, zero_state=True)  # its 0 comes long after these
    assert same_sequence(late, Lfsr(width=32), 1000)


def test_software_alone_is_refused_before_any_hardware_is_made():
    pcg = Pcg(width=8)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for software in (pcg, pcg.rotated(1), Sng(generator=pcg.rotated(1))):
            with pytest.raises(TypeError, match=r"^there is no hardware for Pcg$"):
                rtl.create(software)
        # Amaranth warns of what was made and not used when that is thrown away.
        gc.collect()
    assert [str(warning.message) for warning in caught] == []


def simulate(parameters, enable, rst):
    """Return the words of the hardware, cycle by cycle, in the Amaranth simulator."""
    top = Module()
    top.domains.sync = sync = ClockDomain()
    top.submodules.dut = dut = rtl.create(parameters)
    words = []

    async def bench(ctx):
        for enabled, reset in zip(enable.tolist(), rst.tolist(), strict=True):
            ctx.set(dut.enable, enabled)
            ctx.set(sync.rst, reset)
            words.append(ctx.get(dut.word))
            await ctx.tick()

    simulator = Simulator(top)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    return words


@pytest.mark.parametrize(
    "parameters",
    [
        # Resets beside the end of a period and beside the inserted 0, seen from any seed.
        *(
            Lfsr(width=4, seed=seed, form=form, zero_state=True, phase=phase)
            for form in ("fibonacci", "galois")
            for seed in (1, 6, 8)
            for phase in range(17)
        ),
        Lfsr(width=5, form="galois", phase=2**40 + 3, taps=(5, 4, 3, 2)),
        Sobol(width=2, dimension=1, phase=3),
        Sobol(width=3, dimension=4, phase=7 + 8 * 10**9),
        Halton(width=5, base=4, phase=63),
        Halton(width=1, base=64, phase=60),
        Xorshift32(width=3, phase=2**62 + 1),
        Sobol(width=6, dimension=2).rotated(2).rotated(3).delayed(9),
    ],
    ids=name,
)
def test_hardware_resets_to_the_phase(parameters):
    cycles = 70
    always, never = np.ones(cycles, bool), np.zeros(cycles, bool)
    words = [int(parameters.words(1, t)[0]) for t in range(cycles)]
    assert simulate(parameters, always, never) == words


@pytest.mark.parametrize("parameters", CATALOGUE, ids=name)
def test_theory_agrees(parameters):
    entry = next(e for e in ENTRIES if isinstance(parameters, type(e.default)))
    for cycles, lanes in ((64, 1), (1000, 2), (70000, 1)):
        expectation = entry.oracle(parameters, cycles, lanes, np.random.default_rng(0))
        outputs, _ = parameters.run(expectation.inputs, cycles=cycles, lanes=lanes)
        error = np.abs(np.asarray(expectation.measure(outputs)) - expectation.expected)
        assert (error <= expectation.tolerance).all()
