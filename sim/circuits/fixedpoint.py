"""Catalogue entries of the fixed-point circuits."""

import math

import numpy as np

from fixedpoint import Format, Overflow, Requantizer, Rounding
from stochastic import Counter, Lfsr, Xorshift32

from ..entry import Entry, Expectation

__all__ = ["ENTRIES"]

# Each rounding in floats, where x and its neighbours at halves are exact.
FLOATS = {
    Rounding.TRUNCATE: np.floor,
    Rounding.CEIL: np.ceil,
    Rounding.TO_ZERO: np.trunc,
    Rounding.AWAY: lambda x: np.copysign(np.ceil(np.abs(x)), x),
    Rounding.NEAREST_UP: lambda x: np.floor(x + 0.5),
    Rounding.NEAREST_DOWN: lambda x: np.ceil(x - 0.5),
    Rounding.NEAREST_ZERO: lambda x: np.copysign(np.ceil(np.abs(x) - 0.5), x),
    Rounding.NEAREST_AWAY: lambda x: np.copysign(np.floor(np.abs(x) + 0.5), x),
    Rounding.NEAREST_EVEN: np.rint,
    Rounding.NEAREST_ODD: lambda x: np.rint(x - 1) + 1,
    Rounding.JAM: lambda x: 2 * np.floor(x / 2) + 1,
}


def codes(rng, fmt: Format, shape, bits=20):
    """Return random codes of at most so many bits, so that floats stay exact."""
    bits = min(bits, fmt.width - fmt.signed)
    return rng.integers(-(1 << bits) if fmt.signed else 0, 1 << bits, shape)


def inside(values, fmt: Format, overflow: Overflow):
    """Return rounded floats in the range of a format, by its limits in closed form."""
    high = 2.0 ** (fmt.width - fmt.signed) - 1
    low = -high - (overflow is not Overflow.SATURATE_SYMMETRIC) if fmt.signed else 0.0
    if overflow in (Overflow.WRAP, Overflow.ERROR):
        return np.mod(values - low, 2.0**fmt.width) + low
    if overflow is Overflow.SATURATE_ZERO:
        return np.where((values < low) | (values > high), 0, values)
    return np.clip(values, low, high)


def quantised(parameters, inputs, exact) -> Expectation:
    """Expect exact values, given as floats, rounded and brought into range.

    With STOCHASTIC the mean over lanes of equal inputs is not looked at, for all lanes have
    the same words: that result is one of the two neighbours.
    """
    p = parameters
    scaled = exact * 2.0**p.target.frac_bits
    if p.rounding is Rounding.STOCHASTIC:
        low, high = (inside(f(scaled), p.target, p.overflow) for f in (np.floor, np.ceil))
        return Expectation(
            inputs=inputs,
            measure=lambda o: (o["result"] == low) | (o["result"] == high),
            expected=True,
            tolerance=0,
            source="one of the two neighbours of the exact value",
        )
    return Expectation(
        inputs=inputs,
        measure=lambda outputs: outputs["result"],
        expected=inside(FLOATS[p.rounding](scaled), p.target, p.overflow),
        tolerance=0,
        source="the mode's definition in IEEE 754 doubles, which hold all values exactly",
    )
