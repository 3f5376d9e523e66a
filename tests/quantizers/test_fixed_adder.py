import itertools

import numpy as np
import pytest

from fixedpoint import FixedAdder, FixedArray, FixedMultiplier, Overflow, Rounding
from stochastic import Counter, Lfsr
from tests.support.quantization import codes, quantised

# Signs alike and mixed, binary points apart, a result finer than the operands.
TRIPLES = [
    ("sQ3.3", "sQ3.3", "sQ3.1"),
    ("uQ2.3", "sQ4.1", "sQ3.2"),
    ("sQ6.-1", "uQ-1.5", "uQ3.3"),
    ("sQ4.0", "sQ3.1", "sQ2.4"),
]


def exact(circuit, a, b):
    """Return the exact result as an integer over 2^bits, and bits."""
    fa, fb = circuit.a.frac_bits, circuit.b.frac_bits
    if isinstance(circuit, FixedMultiplier):
        return a * b, fa + fb
    # Over 2^16, far below every resolution here, so that nothing need be aligned.
    return (a << (16 - fa)) + (b << (16 - fb)), 16


@pytest.mark.parametrize("triple", TRIPLES)
@pytest.mark.parametrize("kind", [FixedAdder, FixedMultiplier])
def test_every_pair_and_mode(kind, triple):
    a, b, target = triple
    for rounding, overflow in itertools.product(Rounding, Overflow):
        random = rounding is Rounding.STOCHASTIC
        circuit = kind(
            a=a,
            b=b,
            target=target,
            rounding=rounding,
            overflow=overflow,
            generator=Counter(width=3) if random else None,
        )
        left, right = (x.reshape(-1) for x in np.meshgrid(codes(circuit.a), codes(circuit.b)))
        cycles = 8 if random else 1
        outputs, _ = circuit.run({"a": [left] * cycles, "b": [right] * cycles})
        result, overflowed = quantised(
            *exact(circuit, left, right),
            circuit.target,
            rounding,
            overflow,
            np.arange(cycles)[:, None],
            3,
        )
        result, overflowed = np.broadcast_arrays(
            result, overflowed, outputs["result"], subok=False
        )[:2]
        np.testing.assert_array_equal(outputs["result"], result)
        if overflow is Overflow.ERROR:
            np.testing.assert_array_equal(outputs["overflowed"], overflowed)


@pytest.mark.parametrize("kind", [FixedAdder, FixedMultiplier])
@pytest.mark.parametrize("rounding", Rounding)
def test_arrays_give_the_same_codes(kind, rounding):
    rng = np.random.default_rng(2)
    generator = Lfsr(width=10) if rounding is Rounding.STOCHASTIC else None
    circuit = kind(
        a="sQ4.12",
        b="uQ2.9",
        target="sQ4.6",
        rounding=rounding,
        overflow="saturate",
        generator=generator,
    )
    a, b = rng.integers(-(2**15), 2**15, 1000), rng.integers(0, 2**11, 1000)
    outputs, _ = circuit.run({"a": a, "b": b})
    x, y = FixedArray(a, circuit.a), FixedArray(b, circuit.b)
    whole = x * y if kind is FixedMultiplier else x + y
    cast = whole.cast(circuit.target, rounding, Overflow.SATURATE, bits=generator)
    np.testing.assert_array_equal(outputs["result"][:, 0], cast.codes)


@pytest.mark.parametrize(
    ("kind", "a", "b", "message"),
    [
        (
            FixedMultiplier,
            "sQ33.0",
            "sQ32.0",
            "the product of sQ33.0 and sQ32.0 needs 65 bits, more than 64; "
            "cast the operands first",
        ),
        (
            FixedMultiplier,
            "uQ32.0",
            "uQ32.0",
            "FixedMultiplier needs 65 bits from uQ64.0 to sQ8.0, more than 64",
        ),
        (
            FixedAdder,
            "sQ64.0",
            "sQ1.0",
            "the sum of sQ64.0 and sQ1.0 needs 65 bits, more than 64; cast the operands first",
        ),
        (
            FixedAdder,
            "sQ1.0",
            "uQ64.0",
            "FixedAdder b must fit a signed 64-bit integer, not uQ64.0",
        ),
    ],
)
def test_too_many_bits(kind, a, b, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        kind(a=a, b=b, target="sQ8.0", rounding="truncate", overflow="wrap")
