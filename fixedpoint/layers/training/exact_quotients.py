"""Quotients and roots of integers of any size, rounded once."""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch

__all__ = ["floats_rounded_to_odd", "inverse_root", "rounded_to_even"]


def inverse_root(numerator: int, denominator: int) -> float:
    """Return 1 / sqrt(numerator / denominator), rounded to odd in 52 or 53 bits.

    Rounding the result to fewer bits therefore gives the same as rounding the exact value.

    Parameters
    ----------
    numerator, denominator : int
        Positive.
    """
    shift = (104 - denominator.bit_length() + numerator.bit_length()) // 2
    dividend = denominator << max(0, 2 * shift)
    divisor = numerator << max(0, -2 * shift)
    root = math.isqrt(dividend // divisor)
    return math.ldexp(root | (root * root * divisor != dividend), -shift)


def floats_rounded_to_odd(numerators: Iterable[int], denominator: int = 1) -> torch.Tensor:
    """Return quotients of integers in float64, rounded to odd in 52 or 53 bits."""
    quotients = [_round_to_odd(n, denominator) for n in numerators]
    return torch.tensor(quotients, dtype=torch.float64)


def _round_to_odd(numerator: int, denominator: int) -> float:
    size = abs(numerator)
    shift = 52 - size.bit_length() + denominator.bit_length()
    quotient, rest = divmod(size << max(0, shift), denominator << max(0, -shift))
    magnitude = math.ldexp(quotient | (rest != 0), -shift)
    return -magnitude if numerator < 0 else magnitude


def rounded_to_even(numerator: int, denominator: int) -> int:
    """Return the integer nearest to a quotient, ties to even; `denominator` is positive."""
    quotient, rest = divmod(numerator, denominator)
    return quotient + (2 * rest + (quotient & 1) > denominator)
