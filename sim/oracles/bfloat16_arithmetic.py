"""Arithmetic of bfloat16 in doubles."""

from __future__ import annotations

import numpy as np

from fixedpoint import Rounding, from_bfloat16

NEAREST, STOCHASTIC = Rounding.NEAREST_EVEN, Rounding.STOCHASTIC


def random_patterns(rng, exponents, spread=0.05):
    """Return random patterns with exponents clipped to 0..255, some of them special."""
    shape = exponents.shape
    special = rng.choice([0, 1, 254, 255], shape)
    exponents = np.where(rng.random(shape) < spread, special, np.clip(exponents, 0, 255))
    # Fractions of few bits give ties.
    kept = rng.integers(0, 8, shape)
    fraction = rng.integers(0, 128, shape) >> kept << kept
    return rng.integers(0, 2, shape) << 15 | exponents << 7 | fraction


def round_with_words(values, words):
    """Return doubles rounded to bfloat16 by words in [0, 1), by the definition."""
    _, exponent = np.frexp(values)
    place = np.maximum(exponent - 8, -133)
    size = np.floor(np.ldexp(np.abs(values), -place) + words)
    return np.copysign(np.ldexp(size, place), values)


def pattern_values(values):
    """Return the numbers of patterns in double precision."""
    with np.errstate(invalid="ignore"):
        return from_bfloat16(values).astype(np.float64)
