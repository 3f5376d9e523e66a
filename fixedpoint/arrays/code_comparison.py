"""Exact comparison of codes, across formats and with single numbers."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..formats.format import Format

__all__ = ["compare_codes", "compare_with_number"]


def compare_codes(
    x: NDArray[Any], x_format: Format, y: NDArray[Any], y_format: Format
) -> NDArray[np.int8]:
    """Return the signs of x - y without forming the difference.

    Parameters
    ----------
    x, y : integer arrays
        Codes whose shapes broadcast.
    x_format, y_format : Format
    """
    shift = x_format.frac_bits - y_format.frac_bits
    if shift < 0:
        return -compare_codes(y, y_format, x, x_format)
    # Compare x / 2^shift with y: first the integer parts, then the bits below them.
    cut = min(shift, 63)
    floor = x >> x.dtype.type(cut)
    rest = x != floor << x.dtype.type(cut)
    if shift > cut:
        floor = np.where(x < 0, -1, 0)
        rest = x != 0
    sign = np.greater(floor, y).astype(np.int8) - np.less(floor, y)
    return np.where(sign == 0, rest, sign).astype(np.int8)


def compare_with_number(
    x: NDArray[Any], fmt: Format, number: int | float | Fraction
) -> NDArray[np.int8]:
    """Return the signs of x - number.

    Parameters
    ----------
    x : integer array
        Codes of `fmt`.
    fmt : Format
    number : int, float or Fraction

    Raises
    ------
    ValueError
        If `number` is NaN or infinite.
    """
    if isinstance(number, float) and not math.isfinite(number):
        raise ValueError(f"a FixedArray is compared with finite numbers, not {number}")
    exact = Fraction(number) / fmt.resolution
    floor = math.floor(exact)
    sign = np.greater(x, floor).astype(np.int8) - np.less(x, floor)
    return np.where(sign == 0, -int(exact != floor), sign).astype(np.int8)
