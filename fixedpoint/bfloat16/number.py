"""The number format bfloat16: conversions, and arithmetic on single numbers.

A bfloat16 number is the upper half of an IEEE 754 single: one sign bit, 8 exponent bits and
7 fraction bits. A pattern is these 16 bits as an integer. Subnormal numbers are supported,
results beyond the largest number are infinite, and NaN results have the pattern `NAN`.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from ..circuit import check_array, check_choice, check_integer
from ..formats.modes import Rounding
from ..rounding.reference import round_exactly
from ..rounding.rounding_stage import check_generator

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = [
    "INFINITY",
    "NAN",
    "SIGN",
    "WORD_BITS",
    "add",
    "check_rounding",
    "from_bfloat16",
    "is_nan",
    "multiply",
    "to_bfloat16",
]

SIGN = 0x8000
INFINITY = 0x7F80
NAN = 0x7FC0

# Largest width of the words for stochastic rounding.
WORD_BITS = 16


def to_bfloat16(values: ArrayLike) -> NDArray[np.uint16]:
    """Convert numbers to bfloat16 patterns, rounded to nearest, ties to even.

    Parameters
    ----------
    values : array of float
        Of any float type up to float64, or integers. Each value is rounded once.

    Returns
    -------
    uint16 array of the same shape

    Raises
    ------
    TypeError
        If `values` are not real numbers, or wider than float64.

    Examples
    --------
    >>> from fixedpoint import to_bfloat16
    >>> [hex(pattern) for pattern in to_bfloat16([1.0, -2.5, 1e39, 1e-40])]
    ['0x3f80', '0xc020', '0x7f80', '0x1']
    """
    array = check_array("to_bfloat16 takes", values)
    if array.dtype.kind not in "fiu" or array.dtype.itemsize > 8:
        raise TypeError(f"to_bfloat16 takes numbers of up to 64 bits, not {array.dtype}")
    with np.errstate(invalid="ignore", over="ignore"):
        exact = _rounded_alike(array) if array.dtype.kind in "iu" else array
        exact = exact.astype(np.float64, copy=False)
        _, exponent = np.frexp(np.where(np.isfinite(exact), exact, 0))
        # Neighbouring numbers differ by 2^-7 times their power of two, at least by 2^-133.
        last_bit = np.maximum(exponent - 8, -133)
        rounded = np.ldexp(np.rint(np.ldexp(exact, -last_bit)), last_bit)
        single = np.ascontiguousarray(rounded.astype(np.float32))
    patterns = (single.view(np.uint32) >> np.uint32(16)).astype(np.uint16)
    patterns = patterns.reshape(exact.shape)
    return np.where(np.isnan(exact), np.uint16(NAN), patterns)


def _rounded_alike(integers: NDArray[np.integer]) -> NDArray[Any]:
    """Return numbers that float64 holds, and that bfloat16 rounds as it does the integers.

    Of integers of more than 53 bits the last 16 become one: whether any of them was 1.
    """
    if integers.dtype.itemsize < 8:
        return integers
    negative = integers < 0
    sizes = integers.astype(np.uint64)
    sizes = np.where(negative, ~sizes + np.uint64(1), sizes)
    last = np.uint64(0xFFFF)
    shorter = sizes & ~last | np.where(sizes & last, last + np.uint64(1), np.uint64(0))
    sizes = np.where(sizes >> np.uint64(53), shorter, sizes)
    return np.where(negative, -sizes.astype(np.float64), sizes.astype(np.float64))


def from_bfloat16(patterns: ArrayLike) -> NDArray[np.float32]:
    """Convert bfloat16 patterns to floats, exactly.

    Parameters
    ----------
    patterns : integer array, 0..2^16 - 1

    Raises
    ------
    TypeError, ValueError
        If `patterns` are not integers, or one is out of range.

    Examples
    --------
    >>> from fixedpoint import from_bfloat16
    >>> from_bfloat16([0x3F80, 0xC020, 0x7F80]).tolist()
    [1.0, -2.5, inf]
    """
    array = check_array("from_bfloat16 takes", patterns)
    if array.dtype.kind not in "iu" and array.size:
        raise TypeError(f"from_bfloat16 takes integers, not {array.dtype}")
    outside = array[array.astype(np.int64) >> 16 != 0]
    if outside.size:
        raise ValueError(f"from_bfloat16 takes patterns from 0 to 65535, not {outside[0]}")
    bits = np.ascontiguousarray(array.astype(np.uint32) << np.uint32(16))
    return bits.view(np.float32).reshape(array.shape)


def is_nan(pattern: int) -> bool:
    """Tell whether a pattern is a NaN."""
    return pattern & ~SIGN > INFINITY


def add(a: int, b: int, word: Fraction | None = None) -> int:
    """Return the pattern of the sum of two patterns, in plain Python.

    Parameters
    ----------
    a, b : int
    word : Fraction, optional
        For stochastic rounding, 0 <= word < 1. The magnitude is rounded up if the sum of the
        word and the discarded part, in units of the last bit, is at least 1. By default the
        sum is rounded to nearest, ties to even.
    """
    infinite = [x for x in (a, b) if x & ~SIGN == INFINITY]
    if is_nan(a) or is_nan(b) or len(set(infinite)) == 2:
        return NAN
    if infinite:
        return infinite[0]
    total = _value(a) + _value(b)
    return _pattern(total, word) if total else a & b & SIGN


def multiply(a: int, b: int) -> int:
    """Return the pattern of the product of two patterns, ties to even, in plain Python."""
    sign = (a ^ b) & SIGN
    magnitudes = {a & ~SIGN, b & ~SIGN}
    if is_nan(a) or is_nan(b) or magnitudes == {0, INFINITY}:
        return NAN
    if INFINITY in magnitudes:
        return sign | INFINITY
    return sign | _pattern(abs(_value(a) * _value(b)))


def check_rounding(name: str, rounding: Any, generator: Any, role: str = "") -> Rounding:
    """Check the rounding and the generator of a bfloat16 circuit; return the rounding.

    Parameters
    ----------
    name : str
        Circuit, for the error messages.
    rounding : Rounding or str
    generator : generator or None
    role : str
        Prefix of ``generator`` in the parameter's name.

    Raises
    ------
    TypeError, ValueError
        If the rounding is neither NEAREST_EVEN nor STOCHASTIC, the generator is missing or
        superfluous, or its words are too wide.
    """
    mode = Rounding(rounding)
    modes = (Rounding.NEAREST_EVEN.value, Rounding.STOCHASTIC.value)
    check_choice(f"{name} rounding", mode.value, modes)
    random = mode is Rounding.STOCHASTIC
    source = check_generator(f"{name} {role}generator", generator, random)
    if random:
        check_integer(f"{name} {role}generator width", source.width, 1, WORD_BITS)
    return mode


def _value(pattern: int) -> Fraction:
    """Return the number that a finite pattern represents."""
    exponent, fraction = pattern >> 7 & 0xFF, pattern & 0x7F
    significand = fraction | (exponent > 0) << 7
    return (-1 if pattern & SIGN else 1) * significand * Fraction(2) ** (max(exponent, 1) - 134)


def _pattern(value: Fraction, word: Fraction | None = None) -> int:
    """Return the pattern of a number, rounded to nearest even or with a word; 0 is +0."""
    if not value:
        return 0
    size = abs(value)
    # The denominator is a power of two.
    exponent = max(size.numerator.bit_length() - size.denominator.bit_length(), -126)
    rounding = Rounding.NEAREST_EVEN if word is None else Rounding.STOCHASTIC
    steps = round_exactly(size * Fraction(2) ** (7 - exponent), rounding, word or Fraction(0))
    # Patterns number the magnitudes in order, so a carry increases the exponent.
    pattern = min(((exponent + 126) << 7) + steps, INFINITY)
    return pattern | (SIGN if value < 0 else 0)
