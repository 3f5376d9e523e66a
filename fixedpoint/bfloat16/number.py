"""The number format bfloat16: conversions, and its arithmetic one number at a time.

A bfloat16 number is the upper half of an IEEE 754 single: one sign bit, 8 exponent bits and
7 fraction bits. A pattern is those 16 bits as an integer. Subnormal numbers are kept, results
beyond the largest number are infinite, and whatever is not a number has the pattern `NAN`.
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

    from ..circuit import WordSource

__all__ = [
    "INFINITY",
    "NAN",
    "SIGN",
    "WORD_BITS",
    "add",
    "check_rounding",
    "drawn",
    "from_bfloat16",
    "is_nan",
    "multiply",
    "to_bfloat16",
]

SIGN = 0x8000
INFINITY = 0x7F80
NAN = 0x7FC0

# Most bits of a word that rounds.
WORD_BITS = 16


def to_bfloat16(values: ArrayLike) -> NDArray[np.uint16]:
    """Return the patterns of numbers, rounded to the nearest, ties to even.

    Parameters
    ----------
    values : array of float
        Of any float type up to float64: rounded once, whatever the type.

    Returns
    -------
    uint16 array of the same shape

    Raises
    ------
    TypeError
        If `values` are no real numbers, or wider than float64.

    Examples
    --------
    >>> from fixedpoint import to_bfloat16
    >>> [hex(pattern) for pattern in to_bfloat16([1.0, -2.5, 1e39, 1e-40])]
    ['0x3f80', '0xc020', '0x7f80', '0x1']
    """
    given = check_array("to_bfloat16 takes", values)
    if given.dtype.kind not in "fiu" or given.dtype.itemsize > 8:
        raise TypeError(f"to_bfloat16 takes numbers of up to 64 bits, not {given.dtype}")
    with np.errstate(invalid="ignore", over="ignore"):
        exact = given.astype(np.float64, copy=False)
        _, exponent = np.frexp(np.where(np.isfinite(exact), exact, 0))
        # Two neighbours are 2^-7 of their power of two apart, and at least 2^-133.
        place = np.maximum(exponent - 8, -133)
        rounded = np.ldexp(np.rint(np.ldexp(exact, -place)), place)
        single = np.ascontiguousarray(rounded.astype(np.float32))
    patterns = (single.view(np.uint32) >> np.uint32(16)).astype(np.uint16)
    patterns = patterns.reshape(exact.shape)
    return np.where(np.isnan(exact), np.uint16(NAN), patterns)


def from_bfloat16(patterns: ArrayLike) -> NDArray[np.float32]:
    """Return the numbers that patterns stand for, as floats that hold them exactly.

    Parameters
    ----------
    patterns : integer array, 0..2^16 - 1

    Raises
    ------
    TypeError, ValueError
        If `patterns` are no integers, or one is out of range.

    Examples
    --------
    >>> from fixedpoint import from_bfloat16
    >>> from_bfloat16([0x3F80, 0xC020, 0x7F80]).tolist()
    [1.0, -2.5, inf]
    """
    given = check_array("from_bfloat16 takes", patterns)
    if given.dtype.kind not in "iu" and given.size:
        raise TypeError(f"from_bfloat16 takes integers, not {given.dtype}")
    wrong = given[given.astype(np.int64) >> 16 != 0]
    if wrong.size:
        raise ValueError(f"from_bfloat16 takes patterns from 0 to 65535, not {wrong[0]}")
    bits = np.ascontiguousarray(given.astype(np.uint32) << np.uint32(16))
    return bits.view(np.float32).reshape(given.shape)


def is_nan(pattern: int) -> bool:
    """Whether a pattern is not a number."""
    return pattern & ~SIGN > INFINITY


def add(a: int, b: int, word: Fraction | None = None) -> int:
    """Return the pattern of the sum of two patterns, in plain Python.

    Parameters
    ----------
    a, b : int
    word : Fraction, optional
        Rounds stochastically: the magnitude's next pattern is taken where the part cut off,
        over the distance of the two patterns, and the word together reach 1. Without it the
        sum is rounded to the nearest pattern, ties to even.
    """
    infinite = [x for x in (a, b) if x & ~SIGN == INFINITY]
    if is_nan(a) or is_nan(b) or len(set(infinite)) == 2:
        return NAN
    if infinite:
        return infinite[0]
    total = _value(a) + _value(b)
    return _pattern(total, word) if total else a & b & SIGN


def multiply(a: int, b: int) -> int:
    """Return the pattern of the product of two patterns, to nearest even, in plain Python."""
    sign = (a ^ b) & SIGN
    magnitudes = {a & ~SIGN, b & ~SIGN}
    if is_nan(a) or is_nan(b) or magnitudes == {0, INFINITY}:
        return NAN
    if INFINITY in magnitudes:
        return sign | INFINITY
    return sign | _pattern(abs(_value(a) * _value(b)))


def drawn(word: int, generator: WordSource) -> Fraction:
    """Return a generator's word as `add` takes it."""
    return Fraction(word, 1 << generator.width)


def check_rounding(name: str, rounding: Any, generator: Any, role: str = "") -> Rounding:
    """Return the rounding of a circuit if there is one like it and the generator suits it.

    Parameters
    ----------
    name : str
        The circuit, as it begins an error.
    rounding : Rounding or str
    generator : generator or None
    role : str
        What stands before ``generator`` in the parameter's name.

    Raises
    ------
    TypeError, ValueError
        If it is neither NEAREST_EVEN nor STOCHASTIC, there is no generator where one is
        needed or one where none is, or its words are too wide.
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
    """Return the number that a finite pattern stands for."""
    exponent, fraction = pattern >> 7 & 0xFF, pattern & 0x7F
    significand = fraction | (exponent > 0) << 7
    return (-1 if pattern & SIGN else 1) * significand * Fraction(2) ** (max(exponent, 1) - 134)


def _pattern(value: Fraction, word: Fraction | None = None) -> int:
    """Return the pattern of a number, 0 as +0, rounded to nearest even or with a word."""
    if not value:
        return 0
    size = abs(value)
    # The denominator is a power of two.
    exponent = max(size.numerator.bit_length() - size.denominator.bit_length(), -126)
    rounding = Rounding.NEAREST_EVEN if word is None else Rounding.STOCHASTIC
    steps = round_exactly(size * Fraction(2) ** (7 - exponent), rounding, word or Fraction(0))
    # Patterns count through the magnitudes; a carry goes into the exponent by itself.
    pattern = min(((exponent + 126) << 7) + steps, INFINITY)
    return pattern | (SIGN if value < 0 else 0)
