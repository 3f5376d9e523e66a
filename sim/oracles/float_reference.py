"""Fixed-point arithmetic in doubles, by which the oracles of the circuits calculate."""

from collections.abc import Callable
from typing import Any

import numpy as np

from fixedpoint import Format, Overflow, Rounding

from ..entry import Expectation

__all__ = ["FLOATS", "codes", "inside", "quantised", "rotations", "rounded"]

# The roundings in floats.
FLOATS: dict[Rounding, Callable[[Any], Any]] = {
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


def rounded(values, rounding: Rounding, generator=None):
    """Return floats rounded; with STOCHASTIC row t takes the generator's word t."""
    if rounding is not Rounding.STOCHASTIC:
        return FLOATS[rounding](values)
    words = generator.words(len(values)) / 2.0**generator.width
    return np.floor(values + words[:, None])


def inside(values, fmt: Format, overflow: Overflow):
    """Return rounded floats in the range of a format, by its limits in closed form."""
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


def quantised(p, inputs, exact) -> Expectation:
    """Expect exact values, given as floats, rounded and brought into range."""
    scaled = rounded(exact * 2.0**p.target.frac_bits, p.rounding, p.generator)
    return Expectation(
        inputs=inputs,
        measure=lambda outputs: outputs["result"],
        expected=inside(scaled, p.target, p.overflow),
        tolerance=0,
        source="the modes' definitions in IEEE 754 doubles, which hold these values exactly",
    )


def rotations(generator, cycles, count):
    """Return a generator's words over 2 to its width, each rotated by 0, 1, 2 ... bits.

    Returns
    -------
    float64 array ``[cycles, count]``
    """
    width = generator.width
    own = [generator.words(cycles).astype(np.int64)]
    for _ in range(count - 1):
        # One place to the left is twice the word, less its top bit, which comes in below.
        twice = own[-1] * 2
        own.append(twice - (twice >> width) * ((1 << width) - 1))
    return np.stack(own, axis=1) / 2.0**width
