"""Fixed-point sums of all pairs of codes, rounded by integer division."""

import operator

import pytest

from fixedpoint import FixedAdder, Rounding
from tests.support.two_operands import TRIPLES, assert_equals_arrays, assert_every_pair


def exact(circuit, a, b):
    """Return exact sums over 2^16, far below every resolution here."""
    return (a << (16 - circuit.a.frac_bits)) + (b << (16 - circuit.b.frac_bits)), 16


@pytest.mark.parametrize("triple", TRIPLES)
def test_every_pair_and_mode(triple):
    assert_every_pair(FixedAdder, triple, exact)


@pytest.mark.parametrize("rounding", Rounding)
def test_arrays_give_the_same_codes(rounding):
    assert_equals_arrays(FixedAdder, rounding, operator.add)


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        (
            "sQ64.0",
            "sQ1.0",
            "the sum of sQ64.0 and sQ1.0 needs 65 bits, more than 64; cast the operands first",
        ),
        (
            "sQ1.0",
            "uQ64.0",
            "FixedAdder b must fit a signed 64-bit integer, not uQ64.0",
        ),
    ],
)
def test_too_many_bits(a, b, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        FixedAdder(a=a, b=b, target="sQ8.0", rounding="truncate", overflow="wrap")
