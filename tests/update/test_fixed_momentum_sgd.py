import numpy as np
import pytest

from fixedpoint import FixedMomentumSgdLanes, Format, Overflow, Rounding
from stochastic import Lfsr, Sobol
from tests.support.parameter_updates import assert_equals_cycles, by_cycles
from tests.support.quantization import quantised

pytestmark = pytest.mark.slow

FORMATS = {
    "gradient_format": "sQ2.6",
    "momentum_format": "sQ1.9",
    "weight_format": "sQ3.8",
    "rate_format": "uQ-1.6",
}


def made(rounding, lanes=3, overflow=Overflow.SATURATE, **changes):
    random = rounding is Rounding.STOCHASTIC
    return FixedMomentumSgdLanes(
        **{
            **FORMATS,
            "lanes": lanes,
            "decay_shift": 3,
            "rounding": rounding,
            "overflow": overflow,
            "momentum_generator": Lfsr(width=7) if random else None,
            "weight_generator": Sobol(width=6, dimension=1) if random else None,
            **changes,
        }
    )


def turned(words, by, width):
    """Return words rotated left, by their bits as text."""
    texts = (f"{word:0{width}b}" for word in words)
    return np.array([int((text * 2)[by % width :][:width], 2) for text in texts])


@pytest.mark.parametrize("overflow", [o for o in Overflow if o is not Overflow.ERROR])
@pytest.mark.parametrize("rounding", Rounding)
def test_one_update_in_integers(rounding, overflow):
    circuit = made(rounding, overflow=overflow)
    rng = np.random.default_rng(1)
    cycles = 400
    inputs = {
        "load": np.ones(cycles, int),
        "rate": rng.integers(0, 32, cycles),
        "gradient": rng.integers(-128, 128, (cycles, 3)),
        "momentum_in": rng.integers(-512, 512, (cycles, 3)),
        "weight_in": rng.integers(-1024, 1024, (cycles, 3)),
    }
    outputs, _ = circuit.run(inputs)
    for lane in range(3):
        drawn = [turned(g.words(cycles), lane, g.width)[:-1] for g in circuit.generators] or [
            0,
            0,
        ]
        g, c, w = (inputs[n][:-1, lane] for n in ("gradient", "momentum_in", "weight_in"))
        # 7/8 C + 1/8 G in units of 2^-12, and W - rate * C in units of 2^-15.
        momentum, _ = quantised(
            7 * c + 8 * g, 12, circuit.momentum_format, rounding, overflow, drawn[0], 7
        )
        weight, _ = quantised(
            128 * w - inputs["rate"][:-1] * momentum,
            15,
            circuit.weight_format,
            rounding,
            overflow,
            drawn[1],
            6,
        )
        np.testing.assert_array_equal(outputs["momentum"][1:, lane], momentum)
        np.testing.assert_array_equal(outputs["weight"][1:, lane], weight)


# Every kind of rounding and of overflow: the kernel is compiled anew for each pair.
@pytest.mark.parametrize(
    ("rounding", "overflow"),
    [
        ("truncate", "saturate"),
        ("to_zero", "wrap"),
        ("nearest_even", "saturate"),
        ("nearest_odd", "saturate_symmetric"),
        ("jam", "saturate_zero"),
        ("stochastic", "saturate"),
    ],
)
def test_tensor_step_equals_cycles(rounding, overflow):
    """Narrow numbers, and where most are rounded such as need 64 bits on the way."""
    rng = np.random.default_rng(3)
    cases = [(1, {}), (5, {})]
    if rounding in ("nearest_even", "stochastic"):
        cases.append((3, {"momentum_format": "sQ2.30", "weight_format": "uQ2.20"}))
    for lanes, changes in cases:
        circuit = made(Rounding(rounding), lanes, Overflow(overflow), **changes)
        formats = circuit.gradient_format, circuit.momentum_format, circuit.weight_format
        for size in (1, lanes, 1000):
            codes = [
                rng.integers(f.minimum_code, f.maximum_code, size, endpoint=True)
                for f in formats
            ]
            rate, position = int(rng.integers(0, 32)), int(rng.integers(0, 10**9))
            assert_equals_cycles(circuit, codes, rate, position)


def test_tensor_step_of_nothing_and_of_too_much():
    zeros = np.zeros((0, 3), int)
    momentum, weight, position = made(Rounding.JAM).step_tensor(zeros, zeros, zeros, position=3)
    assert momentum.shape == weight.shape == (0, 3)
    assert position == 3
    circuit = made(Rounding.JAM, weight_format="sQ40.14")
    with pytest.raises(
        ValueError, match=r"^step_tensor takes formats of at most 53 bits, not "
    ):
        circuit.step_tensor([0], [0], [0])


def test_wide_words_where_nothing_is_discarded():
    """A generator of 32 bits beside formats of one resolution: its words change nothing."""
    same = dict.fromkeys(("gradient_format", "momentum_format", "weight_format"), "sQ4.4")
    circuit = made(
        Rounding.STOCHASTIC, 2, **same, rate_format="uQ2.0", decay_shift=0,
        momentum_generator=Lfsr(width=32), weight_generator=Lfsr(width=31),
    )  # fmt: skip
    momentum, weight, _ = circuit.step_tensor([7, -9], [1, 2], [3, 4], rate=2)
    assert (momentum.tolist(), weight.tolist()) == ([7, -9], [-11, 22])
    found = by_cycles(circuit, np.array([7, -9]), [1, 2], [3, 4], 2, 0)
    assert [a.tolist() for a in found] == [[7, -9], [-11, 22]]


def test_steps_without_load_go_on_from_the_registers():
    circuit = made(Rounding.NEAREST_EVEN, lanes=1)
    rng = np.random.default_rng(2)
    gradient = rng.integers(-128, 128, 50)
    inputs = {
        "load": [1] + [0] * 49,
        "rate": [9] * 50,
        "gradient": gradient,
        "momentum_in": [100] * 50,
        "weight_in": [700] * 50,
    }
    outputs, _ = circuit.run(inputs)
    c, w = 100, 700
    for t in range(49):
        c = int(np.rint((7 * c + 8 * gradient[t]) / 8))
        w = int(np.clip(np.rint((128 * w - 9 * c) / 128), -1024, 1023))
        assert outputs["momentum"][t + 1, 0] == c
        assert outputs["weight"][t + 1, 0] == w


def test_stochastic_rounding_learns_what_nearest_loses():
    """A gradient of a sixteenth of the weight's step is lost, or taken one time in 16."""
    cycles = 4096
    inputs = {
        "load": np.zeros(cycles, int),
        "rate": np.ones(cycles, int),
        "gradient": np.full(cycles, 1),
        "momentum_in": np.zeros(cycles, int),
        "weight_in": np.zeros(cycles, int),
    }
    plain = {
        "lanes": 1,
        "decay_shift": 0,
        "gradient_format": "sQ4.4",
        "momentum_format": "sQ4.4",
        "weight_format": "sQ12.0",
        "rate_format": "uQ1.0",
    }
    nearest, _ = made(Rounding.NEAREST_EVEN, **plain).run(inputs)
    assert not nearest["weight"].any()
    generator = Sobol(width=8, dimension=1)
    random, _ = made(Rounding.STOCHASTIC, **plain, weight_generator=generator).run(inputs)
    # The words are equidistributed in every 16 cycles; W of cycle t has seen t updates.
    np.testing.assert_array_equal(random["weight"][16::16, 0], -np.arange(1, 256))


@pytest.mark.parametrize(
    ("changes", "kind", "message"),
    [
        (
            {"lanes": 0},
            ValueError,
            "FixedMomentumSgdLanes lanes must be between 1 and 4096, not 0",
        ),
        (
            {"decay_shift": 33},
            ValueError,
            "FixedMomentumSgdLanes decay_shift must be between 0 and 32, not 33",
        ),
        (
            {"overflow": "error"},
            ValueError,
            "FixedMomentumSgdLanes overflow must be one of wrap, saturate, saturate_symmetric, "
            "saturate_zero, not 'error'",
        ),
        (
            {"gradient_format": "sQ30.30", "decay_shift": 5},
            ValueError,
            "FixedMomentumSgdLanes decay_shift must be at most 4 for sQ30.30, not 5",
        ),
        (
            {"weight_format": 3},
            TypeError,
            "FixedMomentumSgdLanes weight_format must be a Format or a "
            "string such as 'sQ4.12', "
            "not 3",
        ),
        (
            {"rounding": "stochastic"},
            TypeError,
            "FixedMomentumSgdLanes momentum_generator must be a generator, since a rounding is "
            "STOCHASTIC, not None",
        ),
    ],
)
def test_errors(changes, kind, message):
    with pytest.raises(kind, match=f"^{message}$"):
        made(**{"rounding": Rounding.TRUNCATE, **changes})


def test_two_generators_of_the_same_words_are_refused():
    same = Lfsr(width=7)
    with pytest.raises(
        ValueError,
        match=r"^FixedMomentumSgdLanes needs two generators of different sequences, "
        r"not Lfsr\(.*\) ",
    ):
        made(Rounding.STOCHASTIC, momentum_generator=same, weight_generator=same)


def test_formats_may_be_given_as_objects():
    circuit = made(Rounding.TRUNCATE, weight_format=Format(int_bits=3, frac_bits=8))
    assert circuit == made(Rounding.TRUNCATE)


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"position": -3}, ValueError, "position must be between 0 and "),
        ({"position": 2.5}, TypeError, "position must be an integer, not 2.5"),
        ({"rate": [4]}, TypeError, r"port rate takes one integer, not \[4\]"),
        ({"gradient": [[4], [4, 3]]}, ValueError, "port gradient takes an array, not lists "),
        (
            {"gradient": np.ma.array([4, 4], mask=[1, 0])},
            TypeError,
            "port gradient takes an array, not a masked one, whose mask would be lost",
        ),
    ],
)
def test_a_step_that_cannot_be(given, error, message):
    circuit = FixedMomentumSgdLanes(
        lanes=1, gradient_format="sQ1.3", momentum_format="sQ1.4", weight_format="sQ3.3",
        rate_format="uQ1.2", decay_shift=1, rounding="nearest_even", overflow="saturate",
    )  # fmt: skip
    step = {"gradient": [4, 4], "momentum": [0, 0], "weight": [8, 8], "rate": 4} | given
    with pytest.raises(error, match=f"^{message}"):
        circuit.step_tensor(**step)
