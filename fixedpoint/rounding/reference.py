"""Rounding and overflow in plain Python: the reference, one number at a time.

Tests compare the kernels with it. It also converts numbers that exceed 64 bits.
"""

from __future__ import annotations

import math
from fractions import Fraction

from ..formats.format import Format
from ..formats.modes import Overflow, Rounding

__all__ = ["CodeOverflowError", "code_limits", "fit_exactly", "round_exactly"]


class CodeOverflowError(OverflowError, ValueError):
    """A value does not fit its format and the overflow mode is ERROR."""


_TIES_UP = {
    # Whether a tie between floor(v) and floor(v) + 1 is rounded up.
    Rounding.NEAREST_UP: lambda floor: True,
    Rounding.NEAREST_DOWN: lambda floor: False,
    Rounding.NEAREST_ZERO: lambda floor: floor < 0,
    Rounding.NEAREST_AWAY: lambda floor: floor >= 0,
    Rounding.NEAREST_EVEN: lambda floor: floor % 2 == 1,
    Rounding.NEAREST_ODD: lambda floor: floor % 2 == 0,
}


def round_exactly(value: Fraction, rounding: Rounding, word: Fraction = Fraction(0)) -> int:
    """Round `value`, in units of the resolution, to an integer.

    Parameters
    ----------
    value : Fraction
    rounding : Rounding
    word : Fraction
        For STOCHASTIC: the source's word divided by 2**width, 0 <= word < 1.
    """
    floor = math.floor(value)
    match rounding:
        case Rounding.TRUNCATE:
            return floor
        case Rounding.CEIL:
            return math.ceil(value)
        case Rounding.TO_ZERO:
            return math.trunc(value)
        case Rounding.AWAY:
            return math.ceil(value) if value > 0 else floor
        case Rounding.JAM:
            return floor | 1
        case Rounding.STOCHASTIC:
            return math.floor(value + word)
    doubled = 2 * (value - floor)
    up = _TIES_UP[rounding](floor) if doubled == 1 else doubled > 1
    return floor + up


def code_limits(fmt: Format, overflow: Overflow) -> tuple[int, int]:
    """Return the smallest and largest code that `overflow` leaves unchanged."""
    low, high = fmt.minimum_code, fmt.maximum_code
    if overflow is Overflow.SATURATE_SYMMETRIC and fmt.signed:
        low = -high
    return low, high


def fit_exactly(code: int, fmt: Format, overflow: Overflow) -> int | None:
    """Bring a rounded `code` into range; return None if that is an ERROR."""
    low, high = code_limits(fmt, overflow)
    if low <= code <= high:
        return code
    match overflow:
        case Overflow.WRAP:
            return (code - low) % (1 << fmt.width) + low
        case Overflow.SATURATE_ZERO:
            return 0
        case Overflow.ERROR:
            return None
    return low if code < low else high
