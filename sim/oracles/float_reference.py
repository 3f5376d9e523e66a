"""Fixed-point arithmetic in doubles, for the oracles of the circuits."""

from collections.abc import Callable
from typing import Any

import numpy as np

from fixedpoint import Format, Overflow, Rounding

from ..entry import Expectation

__all__ = [
    "FLOAT_ROUNDINGS",
    "expect_rounded",
    "fit_floats",
    "random_codes",
    "rotated_words",
    "round_floats",
]

# The roundings in floats.
FLOAT_ROUNDINGS: dict[Rounding, Callable[[Any], Any]] = {
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


def random_codes(rng, fmt: Format, shape, bits=20):
    """Return random codes of at most `bits` bits, so that floats hold the results exactly."""
    bits = min(bits, fmt.width - fmt.signed)
    return rng.integers(-(1 << bits) if fmt.signed else 0, 1 << bits, shape)


def round_floats(values, rounding: Rounding, generator=None):
    """Return rounded floats; with STOCHASTIC row t takes the generator's word t."""
    if rounding is not Rounding.STOCHASTIC:
        return FLOAT_ROUNDINGS[rounding](values)
    words = generator.words(len(values)) / 2.0**generator.width
    return np.floor(values + words[:, None])


def fit_floats(values, fmt: Format, overflow: Overflow):
    """Return rounded floats brought into the range of a format, in closed form."""
    high = 2.0 ** (fmt.width - fmt.signed) - 1
    low = -high - (overflow is not Overflow.SATURATE_SYMMETRIC) if fmt.signed else 0.0
    beyond = (values < low) | (values > high)
    match overflow:
        case Overflow.WRAP | Overflow.ERROR:
            bits = np.mod(values, 2.0**fmt.width)
            return np.where(beyond, np.where(bits > high, bits - 2.0**fmt.width, bits), values)
        case Overflow.SATURATE_ZERO:
            return np.where(beyond, 0, values)
    return np.clip(values, low, high)


def expect_rounded(p, inputs, exact) -> Expectation:
    """Expect exact values, given as floats, rounded and brought into range."""
    scaled = round_floats(exact * 2.0**p.target.frac_bits, p.rounding, p.generator)
    return Expectation(
        inputs=inputs,
        measure=lambda outputs: outputs["result"],
        expected=fit_floats(scaled, p.target, p.overflow),
        tolerance=0,
        source="the modes' definitions in IEEE 754 doubles, which hold these values exactly",
    )


def rotated_words(generator, cycles, count):
    """Return a generator's words divided by 2**width, rotated left by 0, 1, 2 ... bits.

    Returns
    -------
    float64 array ``[cycles, count]``
    """
    width = generator.width
    words = [generator.words(cycles).astype(np.int64)]
    for _ in range(count - 1):
        # Rotating by one bit doubles the word and moves its top bit to the bottom.
        twice = words[-1] * 2
        words.append(twice - (twice >> width) * ((1 << width) - 1))
    return np.stack(words, axis=1) / 2.0**width
