"""Quotients and roots of integers, against fractions and decimals."""

import math
from decimal import Decimal, localcontext
from fractions import Fraction

import pytest

pytest.importorskip("torch")
from fixedpoint.layers.training.exact_quotients import (
    floats_rounded_to_odd,
    inverse_root,
    rounded_to_even,
)


def decimal_inverse_root(v):
    with localcontext(prec=120):
        return Fraction(1 / (Decimal(v.numerator) / Decimal(v.denominator)).sqrt())


def check_odd(found, true):
    """Check that a float is a number's to 52 bits, and one more that tells of the rest."""
    assert abs(Fraction(found) - true) <= abs(true) / 2**51
    if Fraction(found) != true:
        assert Fraction(found) / Fraction(math.ulp(found)) % 4


@pytest.mark.parametrize("v", [(1, 4), (3, 1), (1, 3), (5, 2**90), (7**60, 1), (2**90, 1)])
def test_roots_round_later_as_if_they_had_no_end(v):
    square = Fraction(*v)
    found = inverse_root(*v)
    assert (Fraction(found) ** 2 * square == 1) == (v in ((1, 4), (2**90, 1)))
    check_odd(found, decimal_inverse_root(square))


@pytest.mark.parametrize("denominator", [1, 3, 12800, 2**40, 7**30])
def test_quotients_round_later_as_if_they_had_no_end(denominator):
    numerators = [0, 1, 5, -7, -(2**60) - 1, 2**53 + 1, 2**70, -(2**70) + 1]
    found = floats_rounded_to_odd(numerators, denominator).tolist()
    for numerator, quotient in zip(numerators, found, strict=True):
        check_odd(quotient, Fraction(numerator, denominator))


def test_a_common_factor_of_a_root_changes_its_last_bit_only():
    for factor in (2, 3, 2**40, 10**30):
        found = inverse_root(5 * factor, 7 * factor)
        check_odd(found, decimal_inverse_root(Fraction(5, 7)))


@pytest.mark.parametrize("denominator", [1, 2, 3, 8, 12])
def test_integers_nearest_to_quotients_have_ties_to_even(denominator):
    for numerator in range(-40, 41):
        found = rounded_to_even(numerator, denominator)
        assert found == round(Fraction(numerator, denominator))
    assert rounded_to_even(2**80 + 1, 2) == 2**79
