"""Choice of the power of two that scales a tensor's gradients."""

from __future__ import annotations

import dataclasses
import math
import re
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fixedpoint.circuit.checks import shown
from fixedpoint.kernels.compiled import compiled
from fixedpoint.update.tensor_slices import array_at

__all__ = [
    "INFINITY_BITS",
    "Scale",
    "automatic_offset",
    "choose_exponent",
    "count_finite_slices",
]

# Bits of the largest gradient in the sum of squares; 2^33 such squares fit into int64.
SQUARED_BITS = 15
# Bits of infinity in float32. The bits of a NaN are larger.
INFINITY_BITS = 0x7F800000


@dataclasses.dataclass(frozen=True)
class Scale:
    """One choice of a tensor's gradient scale.

    Attributes
    ----------
    step : int
        The first step with this scale, counted from 0.
    name : str
        Name of the tensor.
    exponent : int
        The circuit takes the gradients times 2^exponent; 1 is full scale.
    """

    step: int
    name: str
    exponent: int


def automatic_offset(scale: Any) -> int | None:
    """Return the offset of an automatic scale, or None if the scale is fixed.

    Examples
    --------
    >>> automatic_offset("auto"), automatic_offset("auto-2"), automatic_offset(7)
    (0, -2, None)
    """
    if not isinstance(scale, str):
        return None
    found = re.fullmatch(r"auto([+-][0-9]{1,2})?", scale)
    if found is None:
        raise ValueError(
            f"scale must be an integer, auto, or auto with an offset like auto-2, "
            f"not {shown(scale)}"
        )
    return int(found[1] or 0)


def choose_exponent(
    gradient: NDArray[np.float32],
    current: int | None = None,
    offset: int = 0,
    limits: tuple[int, int] = (-126, 126),
) -> int | None:
    """Return the exponent s that brings the root mean square of gradients near 2^offset.

    The mean square is computed with integers, of gradients rounded to 15 bits below the
    largest one, so that the choice is the same on every machine.

    Parameters
    ----------
    gradient : float32 array [n]
        Finite values.
    current : int, optional
        Exponent to keep while it brings the root mean square into 1/2..2 of 2^offset.
    offset : int
    limits : (int, int)
        The smallest and the largest exponent.

    Returns
    -------
    int or None
        `current`, or the s for which the root mean square of ``gradient * 2**(s - offset)``
        is in [1/sqrt(2), sqrt(2)), saturated to the limits; `current` if all gradients are 0
        or some are not finite.
    """
    bits = _largest_magnitude(gradient.view(np.int32))
    if not 0 < bits < INFINITY_BITS:
        return current
    largest = float(np.int32(bits).view(np.float32))
    shift = SQUARED_BITS - math.frexp(largest)[1]
    total = int(_sum_of_squares(gradient, 2.0**shift))
    mean = Fraction(total, len(gradient)) / Fraction(4) ** shift
    if current is not None and 1 <= 4 * mean * Fraction(4) ** (current - offset) <= 16:
        return current
    exponent = (mean.denominator.bit_length() - mean.numerator.bit_length()) // 2
    while 2 * mean * Fraction(4) ** exponent < 1:
        exponent += 1
    while mean * Fraction(4) ** exponent >= 2:
        exponent -= 1
    return min(max(exponent + offset, limits[0]), limits[1])


@compiled
def count_finite_slices(slices, infinity_bits):
    """Return the number of slices before the first one with a gradient that is not finite.

    Parameters
    ----------
    slices : array [n] of `TENSOR_SLICE`
    infinity_bits : int32
        Bits of the smallest magnitude that counts as infinite.
    """
    for n in range(len(slices)):
        gradient = array_at(slices[n].gradient, slices[n].size, np.int32)
        if _largest_magnitude(gradient) >= infinity_bits:
            return n
    return len(slices)


@compiled
def _largest_magnitude(bits):
    """Return the bits of the largest magnitude of float32 numbers, given as their bits."""
    # Memory is faster when four quarters are read in parallel.
    size = len(bits) // 4
    quarter1, quarter2 = bits[:size], bits[size : 2 * size]
    quarter3, quarter4 = bits[2 * size : 3 * size], bits[3 * size :]
    mask = np.int32(0x7FFFFFFF)
    a, b, c, d = np.int32(0), np.int32(0), np.int32(0), np.int32(0)
    for i in range(size):
        a = max(a, np.int32(quarter1[i] & mask))
        b = max(b, np.int32(quarter2[i] & mask))
        c = max(c, np.int32(quarter3[i] & mask))
        d = max(d, np.int32(quarter4[i] & mask))
    for i in range(size, len(quarter4)):
        d = max(d, np.int32(quarter4[i] & mask))
    return max(max(a, b), max(c, d))


@compiled
def _sum_of_squares(values, factor):
    total = np.int64(0)
    for i in range(len(values)):
        whole = np.int64(np.rint(values[i] * factor))
        total += whole * whole
    return total
