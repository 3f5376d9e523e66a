import itertools

import numpy as np
import pytest

from fixedpoint import Overflow, Requantizer, Rounding
from fixedpoint.arrays import quantize
from stochastic import Counter, Lfsr
from tests.support.quantization import codes, in_verilog, quantised

# From the first format to the second: fewer bits; no sign lost and found; finer; coarser
# than the source is wide.
PAIRS = [
    ("sQ5.3", "sQ3.1"),
    ("uQ4.4", "sQ3.1"),
    ("sQ4.4", "uQ3.2"),
    ("sQ4.1", "sQ3.3"),
    ("sQ2.4", "sQ10.-7"),
]
WORDS = 8


def made(pair, rounding, overflow):
    source, target = pair
    generator = Counter(width=3) if rounding is Rounding.STOCHASTIC else None
    return Requantizer(
        source=source, target=target, rounding=rounding, overflow=overflow, generator=generator
    )


def every_code(circuit):
    """Return every code, each with every word of the counter, padded to the same length."""
    values = np.repeat(codes(circuit.source), WORDS)
    return np.resize(values, 256 * WORDS)


def expected(circuit):
    word = np.arange(256 * WORDS) % WORDS
    return quantised(
        every_code(circuit),
        circuit.source.frac_bits,
        circuit.target,
        circuit.rounding,
        circuit.overflow,
        word,
        3,
    )


GROUPS = [
    [made(pair, *modes) for modes in itertools.product(Rounding, Overflow)] for pair in PAIRS
]


def check(circuit, outputs):
    result, overflowed = expected(circuit)
    np.testing.assert_array_equal(outputs["result"], result, err_msg=str(circuit))
    assert ("overflowed" in outputs) == (circuit.overflow is Overflow.ERROR)
    if circuit.overflow is Overflow.ERROR:
        np.testing.assert_array_equal(outputs["overflowed"], overflowed, err_msg=str(circuit))


def test_every_code_word_and_mode():
    for circuit in itertools.chain(*GROUPS):
        outputs, _ = circuit.run({"source": every_code(circuit)})
        check(circuit, {name: values[:, 0] for name, values in outputs.items()})


@pytest.mark.simulator
def test_every_code_word_and_mode_in_verilog():
    inputs = [{"source": every_code(group[0])[:, None]} for group in GROUPS]
    for group, found in zip(GROUPS, in_verilog(GROUPS, inputs), strict=True):
        for circuit, outputs in zip(group, found, strict=True):
            check(circuit, outputs)


@pytest.mark.slow
def test_casts_of_arrays_give_the_same_codes():
    rng = np.random.default_rng(1)
    source = rng.integers(-(2**15), 2**15, 1000)
    generator = Lfsr(width=6, form="galois")
    for rounding, overflow in itertools.product(Rounding, Overflow):
        if overflow is Overflow.ERROR:
            continue
        random = rounding is Rounding.STOCHASTIC
        circuit = Requantizer(
            source="sQ4.12",
            target="sQ3.4",
            rounding=rounding,
            overflow=overflow,
            generator=generator if random else None,
        )
        result, _ = circuit.run({"source": source})
        array = quantize(source / 4096, "sQ4.12")
        cast = array.cast(
            circuit.target, rounding, overflow, bits=generator if random else None
        )
        np.testing.assert_array_equal(result["result"][:, 0], cast.codes)


def test_the_widest_formats():
    ends = np.array([-(2**63), -(2**63) + 1, -1, 0, 1, 2**62 + 1, 2**63 - 2, 2**63 - 1])
    half = Requantizer(
        source="sQ64.0", target="sQ64.-1", rounding="nearest_even", overflow="saturate"
    )
    result = half.run({"source": ends})[0]["result"][:, 0].tolist()
    # Halves go to even: -2^62 + 1/2 to -2^62, and 2^62 - 1/2 up, out of range, and back.
    assert result == [-(2**62), -(2**62), 0, 0, 0, 2**61, 2**62 - 1, 2**62 - 1]
    most = Requantizer(source="sQ64.0", target="sQ64.-62", rounding="ceil", overflow="error")
    outputs, _ = most.run({"source": ends})
    assert outputs["result"][:, 0].tolist() == [-2, -1, 0, 0, 1, -2, -2, -2]
    assert outputs["overflowed"][:, 0].tolist() == [0, 0, 0, 0, 0, 1, 1, 1]


def test_lanes_share_the_words_of_a_cycle():
    circuit = made(("sQ4.4", "sQ4.0"), Rounding.STOCHASTIC, Overflow.SATURATE)
    result = circuit.run({"source": np.full((8, 3), 4)})[0]["result"]
    # 1/4 and a word of t/8 reach 1 from the sixth word on.
    np.testing.assert_array_equal(result, np.repeat([[0]] * 6 + [[1]] * 2, 3, axis=1))


GOOD = {"source": "sQ4.4", "target": "sQ4.0", "rounding": "truncate", "overflow": "wrap"}


@pytest.mark.parametrize(
    ("changes", "kind", "message"),
    [
        (
            {"source": 8},
            TypeError,
            "Requantizer source must be a Format or a string such as 'sQ4.12', not 8",
        ),
        (
            {"target": "uQ64.0"},
            ValueError,
            "Requantizer target must fit a signed 64-bit integer, not uQ64.0",
        ),
        (
            {"source": "sQ60.0", "target": "sQ4.5"},
            ValueError,
            "Requantizer needs 65 bits from sQ60.0 to sQ4.5, more than 64",
        ),
        (
            {"source": "uQ60.0", "target": "sQ4.4"},
            ValueError,
            "Requantizer needs 65 bits from uQ60.0 to sQ4.4, more than 64",
        ),
        (
            {"target": "sQ80.-59"},
            ValueError,
            "Requantizer discards 63 bits from sQ4.4 to sQ80.-59, more than 62",
        ),
        (
            {"rounding": "up"},
            ValueError,
            "rounding must be one of truncate, ceil, to_zero, away, nearest_up, nearest_down, "
            "nearest_zero, nearest_away, nearest_even, nearest_odd, jam, stochastic, not 'up'",
        ),
        (
            {"rounding": "stochastic"},
            TypeError,
            "Requantizer generator must be a generator, since a rounding is STOCHASTIC, "
            "not None",
        ),
        (
            {"rounding": "stochastic", "generator": 3},
            TypeError,
            "Requantizer generator must be a generator, since a rounding is STOCHASTIC, not 3",
        ),
    ],
)
def test_errors(changes, kind, message):
    with pytest.raises(kind, match=f"^{message}$"):
        Requantizer(**{**GOOD, **changes})


def test_a_generator_without_use_is_refused():
    with pytest.raises(
        ValueError,
        match="^Requantizer generator must be None if no rounding is STOCHASTIC, not ",
    ):
        Requantizer(**GOOD, generator=Counter(width=3))
