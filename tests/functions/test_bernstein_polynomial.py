"""Bernstein polynomials: the published vectors, every input, and images of functions."""

import itertools
from fractions import Fraction
from math import comb

import numpy as np
import pytest

from stochastic import BernsteinPolynomial, Bitstream, Counter, Lfsr, VanDerCorput, encode


def test_published_coefficients_for_every_input():
    # b = (2, 5, 3, 6) / 8 stands for 1/4 + 9/8 x - 15/8 x^2 + 5/4 x^3.
    gate = BernsteinPolynomial(codes=(2, 5, 3, 6), generator=Counter(width=3))
    copies = np.array(list(itertools.product((0, 1), repeat=3)))
    ones = gate.run({"x": np.tile(copies.reshape(-1), (8, 1))})[0]["y"].sum(axis=0)
    for x in (Fraction(0), Fraction(1, 4), Fraction(1, 2), Fraction(2, 3), Fraction(1)):
        mean = sum(
            Fraction(int(count), 8) * x ** int(row.sum()) * (1 - x) ** int(3 - row.sum())
            for row, count in zip(copies, ones, strict=True)
        )
        powers = Fraction(1, 4) + Fraction(9, 8) * x - Fraction(15, 8) * x**2
        assert mean == powers + Fraction(5, 4) * x**3


def test_a_polynomial_of_streams():
    x = np.linspace(0, 1, 17)
    copies = [encode(x, Lfsr(width=12, seed=s), 4095, "unipolar") for s in (1, 77, 1500)]
    y = BernsteinPolynomial(codes=(64, 160, 96, 192), generator=VanDerCorput(width=8)).apply(
        x=copies
    )
    b = (0.25, 0.625, 0.375, 0.75)
    expected = sum(b[k] * comb(3, k) * x**k * (1 - x) ** (3 - k) for k in range(4))
    # Five standard deviations of 4095 bits; windows of one LFSR are a little correlated.
    assert np.abs(y.value - expected).max() < 5 * 0.5 / 4095**0.5


def test_coefficients_are_rounded_half_to_even():
    gate = BernsteinPolynomial.from_coefficients((0.5, 0.3125, 1.0), Counter(width=3))
    assert gate.codes == (4, 2, 8)


@pytest.mark.parametrize(
    ("codes", "message"),
    [
        ((1,), "BernsteinPolynomial must have 2 to 33 coefficients, not 1"),
        ((1, 9), "BernsteinPolynomial code 1 must be between 0 and 8, not 9"),
        ((-1, 2), "BernsteinPolynomial code 0 must be between 0 and 8, not -1"),
    ],
)
def test_bad_codes(codes, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        BernsteinPolynomial(codes=codes, generator=Counter(width=3))


def test_coefficients_are_several():
    message = "^BernsteinPolynomial codes must be a tuple, not 5$"
    with pytest.raises(TypeError, match=message):
        BernsteinPolynomial(codes=5, generator=Counter(width=3))
    message = r"^BernsteinPolynomial takes an array of coefficients, not one of shape \(\)$"
    with pytest.raises(ValueError, match=message):
        BernsteinPolynomial.from_coefficients(0.5, Counter(width=3))


def test_copies_must_be_independent():
    gate = BernsteinPolynomial(codes=(1, 2, 3), generator=Counter(width=3))
    x = encode(0.5, Lfsr(width=8), 255, "unipolar")
    with pytest.raises(ValueError, match="^BernsteinPolynomial needs independent operands"):
        gate.apply(x=[x, x])
    with pytest.raises(ValueError, match="^BernsteinPolynomial x must be 2 streams, not 1$"):
        gate.apply(x=[Bitstream.from_bits([1, 0], "unipolar")])
