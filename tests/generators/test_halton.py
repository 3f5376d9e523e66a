"""Halton words against printed values, exact fractions and SciPy."""

from fractions import Fraction

import numpy as np
import pytest
from scipy.stats import qmc

from stochastic import Halton

# Radical inverses of 1, 2, 3, ... as Halton (1960) and every textbook print them.
PRINTED = {
    2: "1/2 1/4 3/4 1/8 5/8 3/8 7/8 1/16 9/16",
    3: "1/3 2/3 1/9 4/9 7/9 2/9 5/9 8/9 1/27",
    5: "1/5 2/5 3/5 4/5 1/25 6/25 11/25 16/25 21/25 2/25",
}


@pytest.mark.parametrize("width", [4, 8, 24])
@pytest.mark.parametrize("base", PRINTED)
def test_printed_values(base, width):
    printed = [0, *map(Fraction, PRINTED[base].split())]
    expected = [int(2**width * x) for x in printed]
    assert Halton(width=width, base=base).words(len(printed)).tolist() == expected


def radical_inverse(t, base):
    inverse, place = Fraction(0), Fraction(1, base)
    while t:
        t, digit = divmod(t, base)
        inverse += digit * place
        place /= base
    return inverse


@pytest.mark.parametrize("base", [2, 3, 5, 6, 7, 10, 63, 64])
@pytest.mark.parametrize("width", [1, 2, 5, 8, 24])
def test_is_the_exact_floor(base, width):
    generator = Halton(width=width, base=base)
    digits = next(k for k in range(1, 40) if base**k >= 2**width)
    assert generator.period == base**digits
    for start in (0, generator.period - 300 if generator.period > 300 else 0, 10**15):
        expected = [
            int(2**width * radical_inverse(t % base**digits, base))
            for t in range(start, start + 600)
        ]
        assert generator.words(600, start).tolist() == expected


def test_equals_scipy():
    points = qmc.Halton(4, scramble=False).random(5000)
    for column, base in enumerate((2, 3, 5, 7)):
        words = Halton(width=16, base=base).words(5000)
        # SciPy's floats may fall just below a multiple of 2^-16 that the fraction reaches.
        low = np.floor((points[:, column] - 1e-12) * 2**16)
        high = np.floor((points[:, column] + 1e-12) * 2**16)
        assert ((words == low) | (words == high)).all()
