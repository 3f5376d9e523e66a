"""Fixed-point products of all pairs of codes, rounded by integer division."""

import operator

import pytest

from fixedpoint import FixedMultiplier, Rounding
from tests.support.two_operands import TRIPLES, assert_equals_arrays, assert_every_pair


def exact(circuit, a, b):
    """Return exact products, and their fraction bits."""
    return a * b, circuit.a.frac_bits + circuit.b.frac_bits


@pytest.mark.parametrize("triple", TRIPLES)
def test_every_pair_and_mode(triple):
    assert_every_pair(FixedMultiplier, triple, exact)


@pytest.mark.parametrize("rounding", Rounding)
def test_arrays_give_the_same_codes(rounding):
    assert_equals_arrays(FixedMultiplier, rounding, operator.mul)


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        (
            "sQ33.0",
            "sQ32.0",
            "the product of sQ33.0 and sQ32.0 needs 65 bits, more than 64; "
            "cast the operands first",
        ),
        (
            "uQ32.0",
            "uQ32.0",
            "FixedMultiplier needs 65 bits from uQ64.0 to sQ8.0, more than 64",
        ),
    ],
)
def test_too_many_bits(a, b, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        FixedMultiplier(a=a, b=b, target="sQ8.0", rounding="truncate", overflow="wrap")
