"""Choice of the power of two that brings a tensor's gradients to full scale."""

from __future__ import annotations

import dataclasses
import math
import re
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fixedpoint.kernels.compiled import compiled
from fixedpoint.update.tensor_slices import array_at

__all__ = ["INFINITY", "Scale", "automatic_offset", "choose_exponent", "finite_pieces"]

# Bits that the largest gradient has in the sum of squares: 2^33 of them fit into int64.
BITS = 15
# The bits of infinity in single precision; those of NaN are larger yet.
INFINITY = 0x7F800000


@dataclasses.dataclass(frozen=True)
class Scale:
    """One choice of a tensor's gradient scale.

    Attributes
    ----------
    step : int
        The first step that used it, counted from 0.
    name : str
        The tensor.
    exponent : int
        Gradients times 2^exponent are on the scale on which 1 is full scale.
    """

    step: int
    name: str
    exponent: int


def automatic_offset(scale: Any) -> int | None:
    """Return by how much an automatic scale is to be above the usual; None for a fixed one.

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
            f"scale must be an integer, auto, or auto with an offset like auto-2, not {scale!r}"
        )
    return int(found[1] or 0)


def choose_exponent(
    gradient: NDArray[np.float32],
    current: int | None = None,
    offset: int = 0,
    limits: tuple[int, int] = (-126, 126),
) -> int | None:
    """Return the exponent s that brings the root mean square of gradients near 2^offset.

    The mean square is taken of the gradients rounded to 15 bits below the largest, in
    integers, so that the choice is the same everywhere.

    Parameters
    ----------
    gradient : float32 array [n]
        Finite values.
    current : int, optional
        An exponent to keep while it brings the root mean square into 1/2..2 of that.
    offset : int
    limits : (int, int)
        The least and the largest exponent there is.

    Returns
    -------
    int or None
        `current`, or the s for which the root mean square of ``gradient * 2**(s - offset)``
        is in [1/sqrt(2), sqrt(2)), or the limit that it would pass; `current` where
        all gradients are 0 or some are not finite.
    """
    bits = _largest(gradient.view(np.int32))
    if not 0 < bits < INFINITY:
        return current
    largest = float(np.int32(bits).view(np.float32))
    shift = BITS - math.frexp(largest)[1]
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
def finite_pieces(pieces, infinity):
    """Return how many pieces come before the first one with a gradient that is not finite.

    Parameters
    ----------
    pieces : array [n] of `TENSOR_SLICE`
    infinity : int32
        The bits of the least magnitude that counts as infinite.
    """
    for n in range(len(pieces)):
        gradient = array_at(pieces[n].gradient, pieces[n].size, np.int32)
        if _largest(gradient) >= infinity:
            return n
    return len(pieces)


@compiled
def _largest(bits):
    """Return the largest magnitude of single-precision numbers, all as their bits."""
    # Four quarters side by side: memory is read faster so.
    size = len(bits) // 4
    one, two, three, four = (
        bits[:size], bits[size : 2 * size], bits[2 * size : 3 * size], bits[3 * size :],
    )  # fmt: skip
    mask = np.int32(0x7FFFFFFF)
    a, b, c, d = np.int32(0), np.int32(0), np.int32(0), np.int32(0)
    for i in range(size):
        a = max(a, np.int32(one[i] & mask))
        b = max(b, np.int32(two[i] & mask))
        c = max(c, np.int32(three[i] & mask))
        d = max(d, np.int32(four[i] & mask))
    for i in range(size, len(four)):
        d = max(d, np.int32(four[i] & mask))
    return max(max(a, b), max(c, d))


@compiled
def _sum_of_squares(values, factor):
    total = np.int64(0)
    for i in range(len(values)):
        whole = np.int64(np.rint(values[i] * factor))
        total += whole * whole
    return total
