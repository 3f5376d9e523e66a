"""Rounding and overflow of fractions, by their definitions."""

from __future__ import annotations

import math

from fixedpoint import Overflow, Rounding

CHOICE = {
    Rounding.TRUNCATE: lambda c, v: c,
    Rounding.CEIL: lambda c, v: -c,
    Rounding.TO_ZERO: lambda c, v: abs(c),
    Rounding.AWAY: lambda c, v: -abs(c),
    Rounding.NEAREST_UP: lambda c, v: (abs(c - v), -c),
    Rounding.NEAREST_DOWN: lambda c, v: (abs(c - v), c),
    Rounding.NEAREST_ZERO: lambda c, v: (abs(c - v), abs(c)),
    Rounding.NEAREST_AWAY: lambda c, v: (abs(c - v), -abs(c)),
    Rounding.NEAREST_EVEN: lambda c, v: (abs(c - v), c % 2),
    Rounding.NEAREST_ODD: lambda c, v: (abs(c - v), -(c % 2)),
}


def rounded(value, mode):
    """The definition: one of the neighbouring integers, the value itself if it is one."""
    floor = math.floor(value)
    if mode is Rounding.JAM:
        return floor if floor % 2 else floor + 1
    if floor == value:
        return floor
    return min((floor, floor + 1), key=lambda c: CHOICE[mode](c, value))


def fitted(code, fmt, mode):
    low, high = fmt.minimum_code, fmt.maximum_code
    if mode is Overflow.SATURATE_SYMMETRIC and fmt.signed:
        low = -high
    if low <= code <= high:
        return code
    if mode is Overflow.SATURATE_ZERO:
        return 0
    if mode is Overflow.WRAP:
        bits = code % 2**fmt.width
        return bits - 2**fmt.width if fmt.signed and bits >= 2 ** (fmt.width - 1) else bits
    return max(low, min(high, code))


def expected(values, fmt, rounding, overflow):
    return [fitted(rounded(v / fmt.resolution, rounding), fmt, overflow) for v in values]


# Among the two neighbours of a value, the one with the least key is chosen.
