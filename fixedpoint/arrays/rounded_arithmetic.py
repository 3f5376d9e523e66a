"""Operations whose results must be rounded to a given format."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..circuit import check_broadcast
from ..circuit.checks import shown
from ..circuit.element_index import first_index, index_text
from ..formats.format import Format, as_format
from ..formats.modes import Overflow, Rounding
from ..rounding.format_conversion import multiply_codes, requantize_codes
from ..rounding.word_reader import as_reader
from .fixed_array import FixedArray, check_fixed

__all__ = ["divide", "mean", "multiply", "sqrt"]


def multiply(
    a: FixedArray,
    b: FixedArray,
    fmt: Format | str,
    rounding: Rounding = Rounding.NEAREST_EVEN,
    overflow: Overflow = Overflow.SATURATE,
    *,
    bits: Any = None,
) -> FixedArray:
    """Return ``(a * b).cast(fmt, rounding, overflow)``; codes of 16 bits take one pass.

    Parameters
    ----------
    a, b : FixedArray
        Their shapes must broadcast, and the exact product must fit in 64 bits.
    fmt, rounding, overflow, bits
        As for `quantize`, for the elements of the result.

    Examples
    --------
    >>> from fixedpoint import multiply, quantize
    >>> x = quantize([1.5, -0.375], "sQ2.6")
    >>> multiply(x, x, "sQ2.2")
    quantize([1.75, 0.25], 'sQ2.2')
    """
    fmt = as_format(fmt)
    check_fixed("multiply", a, b)
    check_broadcast("multiply", a.shape, b.shape)
    codes = multiply_codes(
        a.codes,
        b.codes,
        (a.format, b.format),
        fmt,
        Rounding(rounding),
        Overflow(overflow),
        bits,
    )
    return FixedArray.from_valid_codes(codes, fmt)


def divide(
    a: FixedArray,
    b: FixedArray,
    fmt: Format | str,
    rounding: Rounding = Rounding.NEAREST_EVEN,
    overflow: Overflow = Overflow.SATURATE,
    *,
    bits: Any = None,
) -> FixedArray:
    """Return the exact quotient ``a / b``, rounded once.

    Parameters
    ----------
    a, b : FixedArray
        Their shapes must broadcast.
    fmt, rounding, overflow, bits
        As for `quantize`, for the elements of the result.

    Raises
    ------
    ZeroDivisionError
        If an element of `b` is zero. The message names the first such index.
    ValueError
        If the shifted divisor does not fit in 64 bits, or the dividend in units of the
        result's guard bit does not with two more bits.

    Examples
    --------
    >>> from fixedpoint import divide, quantize
    >>> divide(quantize([1.0, -2.0], "sQ3.4"), quantize([3.0, 3.0], "sQ3.4"), "sQ2.6")
    quantize([0.328125, -0.671875], 'sQ2.6')
    """
    fmt = as_format(fmt)
    check_fixed("divide", a, b)
    check_broadcast("divide", a.shape, b.shape)
    x, y = np.broadcast_arrays(a.codes, b.codes)
    if not np.all(y):
        index = index_text(first_index(y == 0))
        raise ZeroDivisionError(f"divide takes divisors other than 0, not 0 at index {index}")
    guard, reader = _guard_bits(Rounding(rounding), bits)
    shift = fmt.frac_bits + guard - a.format.frac_bits + b.format.frac_bits
    # A sticky bit is appended to the quotient; the minimum divided by -1 needs a bit more.
    spare = 1 + (a.format.signed and b.format.signed)
    dividend = _shifted(x, a.format, shift, "dividend", spare)
    divisor = _shifted(y, b.format, -shift, "divisor")
    quotient = dividend // divisor
    return _rounded(
        quotient, quotient * divisor != dividend, fmt, guard, rounding, overflow, reader
    )


def mean(
    a: FixedArray,
    fmt: Format | str,
    rounding: Rounding = Rounding.NEAREST_EVEN,
    overflow: Overflow = Overflow.SATURATE,
    *,
    axis: int | tuple[int, ...] | None = None,
    keepdims: bool = False,
    bits: Any = None,
) -> FixedArray:
    """Return the exact mean along one axis, several or all, rounded once.

    Parameters
    ----------
    a : FixedArray
    fmt, rounding, overflow, bits
        As for `quantize`, for the elements of the result. The format of `a` itself holds
        every mean.
    axis : int or tuple of int, optional
        By default all.
    keepdims : bool
        Whether the averaged axes are kept with length 1.

    Raises
    ------
    ValueError
        If a mean has no elements, or the exact sum, shifted to the result's resolution,
        does not fit in 64 bits.

    Examples
    --------
    >>> from fixedpoint import mean, quantize
    >>> x = quantize([[1.0, 2.0, 2.0], [0.5, -1.0, 0.0]], "sQ3.4")
    >>> mean(x, "sQ3.4", axis=1)
    quantize([1.6875, -0.1875], 'sQ3.4')
    """
    check_fixed("mean", a)
    total = a.sum(axis=axis, keepdims=keepdims)
    if a.size == 0 and total.size:
        raise ValueError(f"mean takes at least one element to a mean, not shape {a.shape}")
    count = a.size // max(total.size, 1)
    divisor = Format(signed=False, int_bits=max(count.bit_length(), 1), frac_bits=0)
    counts = FixedArray(np.full(total.shape, count), divisor)
    return divide(total, counts, fmt, rounding, overflow, bits=bits)


def sqrt(
    a: FixedArray,
    fmt: Format | str,
    rounding: Rounding = Rounding.NEAREST_EVEN,
    overflow: Overflow = Overflow.SATURATE,
    *,
    bits: Any = None,
) -> FixedArray:
    """Return the exact square root, rounded once.

    Parameters
    ----------
    a : FixedArray
    fmt, rounding, overflow, bits
        As for `quantize`, for the elements of the result.

    Raises
    ------
    ValueError
        If an element is negative (the message names the first such index), or if the
        shifted radicand does not fit in 64 bits.

    Examples
    --------
    >>> from fixedpoint import quantize, sqrt
    >>> sqrt(quantize([2.0, 0.25], "sQ3.4"), "uQ2.10")
    quantize([1.4140625, 0.5], 'uQ2.10')
    """
    fmt = as_format(fmt)
    check_fixed("sqrt", a)
    if np.any(a.codes < 0):
        index = first_index(a.codes < 0)
        value = float(a[index])
        raise ValueError(
            f"sqrt takes numbers from 0, not {shown(value)} at index {index_text(index)}"
        )
    guard, reader = _guard_bits(Rounding(rounding), bits)
    shift = 2 * (fmt.frac_bits + guard) - a.format.frac_bits
    radicand = _shifted(a.codes, a.format, shift, "radicand")
    # Bits below the root's last bit do not change the root, only whether it is exact.
    down = max(-shift, 0)
    whole = radicand >> np.int64(min(down, 63))
    root = _integer_root(whole)
    inexact = (root * root != whole) | (whole << np.int64(min(down, 63)) != radicand)
    return _rounded(root, inexact, fmt, guard, rounding, overflow, reader)


def _guard_bits(rounding: Rounding, bits: Any) -> tuple[int, Any]:
    """Return how many bits below the result rounding depends on, and the word reader."""
    if rounding is not Rounding.STOCHASTIC:
        return 1, None
    reader = as_reader(bits)
    return reader.width, reader


def _shifted(
    codes: NDArray[Any], fmt: Format, shift: int, name: str, spare: int = 0
) -> NDArray[np.int64]:
    """Return codes shifted left, or raise an error unless `spare` more bits are left."""
    needed = fmt.width + (not fmt.signed) + max(shift + spare, 0)
    if needed > 64:
        raise ValueError(
            f"the {name} in {fmt} needs {needed} bits for this result, more than 64"
        )
    return codes.astype(np.int64) << np.int64(max(shift, 0))


def _integer_root(values: NDArray[np.int64]) -> NDArray[np.int64]:
    # The root of the nearest double is off by at most one for values of more than 53 bits.
    root = np.sqrt(values.astype(np.float64)).astype(np.int64)
    root = np.minimum(root, 3037000499)  # the root of the largest int64
    root -= root * root > values
    return root + ((root < 3037000499) & ((root + 1) ** 2 <= values))


def _rounded(
    floor: NDArray[np.int64],
    inexact: NDArray[np.bool_],
    fmt: Format,
    guard: int,
    rounding: Rounding,
    overflow: Overflow,
    reader: Any,
) -> FixedArray:
    """Round a number that is given by its floor and whether that is exact.

    A sticky bit below the floor, set where it is inexact, stands for all bits cut off. No
    mode can tell the difference, because the guard bits above it hold the half, or as many
    bits as a word has.
    """
    sticky = (floor << np.int64(1)) | inexact
    frac_bits = fmt.frac_bits + guard + 1
    source = Format(int_bits=64 - frac_bits, frac_bits=frac_bits)
    modes = Rounding(rounding), Overflow(overflow)
    codes = requantize_codes(sticky, source, fmt, *modes, reader)
    return FixedArray.from_valid_codes(codes, fmt)
