"""Codes of stream values: conversion from and to real numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fixedpoint.circuit import check_array, check_choice, check_integer
from fixedpoint.kernels.compiled import compiled

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["ENCODINGS", "check_encoding", "from_codes", "to_codes"]

ENCODINGS = ("unipolar", "bipolar", "sign-magnitude")


def check_encoding(encoding: Any) -> str:
    """Return `encoding` if it is one of `ENCODINGS`, or raise a ValueError that lists them."""
    return check_choice("encoding", encoding, ENCODINGS)


def to_codes(
    values: ArrayLike, width: int, encoding: str = "bipolar", *, streams: int = 1
) -> NDArray[np.int64]:
    """Round real values to codes, half to even.

    Parameters
    ----------
    values : array of float or integer, any shape
        Unipolar from 0 to m, bipolar from -m to m, sign-magnitude from -1 to 1, with m the
        number of `streams`.
    width : int
        Bits of the generator's word, n, 1..32.
    encoding : {"unipolar", "bipolar", "sign-magnitude"}
    streams : int
        m, the number of binary streams in an integral stream. Each has the value x / m,
        a quotient in float64.

    Returns
    -------
    int64 array of the shape of `values`
        Unipolar ``round(x 2^n)`` and bipolar ``round((x + 1) / 2 * 2^n)``, both 0..2^n;
        sign-magnitude ``round(x 2^n)``, -2^n..2^n. The exact product is rounded, not a
        floating-point approximation of it.

    Raises
    ------
    TypeError
        If the values are not real numbers.
    ValueError
        If a value is NaN or out of range.

    Examples
    --------
    >>> to_codes([-1.0, 0.0, 1.0], width=8).tolist()
    [0, 128, 256]
    >>> to_codes([0.5 / 256, 1.5 / 256], width=8, encoding="unipolar").tolist()
    [0, 2]
    """
    streams = check_integer("number of streams", streams, 1, 1 << 16)
    codes = quantized(values, width, check_encoding(encoding), streams)
    return codes.astype(np.int64, copy=False)


def from_codes(
    codes: ArrayLike, width: int, encoding: str = "bipolar", *, streams: int = 1
) -> NDArray[np.float64]:
    """Return the values that codes stand for: the inverse of `to_codes`.

    Parameters
    ----------
    codes : integer array, any shape
        0..2^width, or -2^width..2^width in sign-magnitude.
    width, encoding, streams
        As for `to_codes`.

    Returns
    -------
    float64 array of the shape of `codes`

    Examples
    --------
    >>> from_codes([0, 128, 256], width=8).tolist()
    [-1.0, 0.0, 1.0]
    """
    streams = check_integer("number of streams", streams, 1, 1 << 16)
    array = checked_codes(codes, width, check_encoding(encoding))
    values = np.ldexp(array.astype(np.float64), -width)
    return streams * (2 * values - 1 if encoding == "bipolar" else values)


def limits(encoding: str, streams: int = 1) -> tuple[int, int]:
    """Return the smallest and the largest value of an encoding."""
    return (0 if encoding == "unipolar" else -streams), streams


def quantized(
    values: ArrayLike, width: int, encoding: str, streams: int = 1
) -> NDArray[np.integer]:
    """Return the codes of `to_codes` as uint16, or as int64 where uint16 is too narrow."""
    width = check_integer("code width", width, 1, 32)
    array = check_array("values must be", values)
    if array.dtype.kind not in "iuf":
        raise TypeError(f"values must be real numbers, not {array.dtype}")
    if array.dtype not in (np.float32, np.float64):
        array = array.astype(np.float64)
    if streams > 1:
        array = array / np.float64(streams)
    low, high = limits(encoding)
    # (x + 1) / 2 * 2^n is x 2^(n-1) + 2^(n-1): this way both scalings are exact.
    scale = 1 << (width - (encoding == "bipolar"))
    offset = scale if encoding == "bipolar" else 0
    codes = np.empty(array.shape, _dtype(width, encoding))
    flat = np.ascontiguousarray(array).reshape(-1)
    if not _quantize(
        flat, float(scale), float(offset), float(low), float(high), codes.reshape(-1)
    ):
        wrong = np.asarray(values)[~((array >= low) & (array <= high))]
        low, high = limits(encoding, streams)
        raise ValueError(f"{encoding} values must be between {low} and {high}, not {wrong[0]}")
    if offset == 1:
        # Here the offset is odd, so ties must go to the other neighbour.
        codes += (array == 0.5).astype(codes.dtype)
        codes -= (array == -0.5).astype(codes.dtype)
    return codes


def checked_codes(codes: ArrayLike, width: int, encoding: str) -> NDArray[np.integer]:
    """Return integer codes in the dtype of `quantized` after a check of their range."""
    width = check_integer("code width", width, 1, 32)
    array = check_array("codes must be", codes)
    if array.dtype.kind not in "iu":
        raise TypeError(f"codes must be integers, not {array.dtype}")
    high = 1 << width
    low = -high if encoding == "sign-magnitude" else 0
    narrow = _dtype(width, encoding)
    if array.dtype == narrow:
        result = array
        good = int(array.min(initial=0)) >= low and int(array.max(initial=0)) <= high
    else:
        result = np.empty(array.shape, narrow)
        good = _copy_checked(
            np.ascontiguousarray(array).reshape(-1), low, high, result.reshape(-1)
        )
    if not good:
        wrong = array[(array < low) | (array > high)]
        raise ValueError(
            f"{encoding} codes of width {width} must be between {low} and {high}, "
            f"not {wrong[0]}"
        )
    return result


def operand_codes(operand: ArrayLike, width: int, encoding: str) -> NDArray[np.integer]:
    """Return the codes of an operand: integers are codes, other numbers are quantized."""
    array = check_array("an operand must be", operand)
    if array.dtype.kind in "iu":
        return checked_codes(array, width, encoding)
    return quantized(array, width, encoding)


def unsigned(codes: NDArray[np.integer], width: int) -> NDArray[np.integer]:
    """Return non-negative codes in the dtype of unipolar ones."""
    return codes.astype(_dtype(width, "unipolar"), copy=False)


def _dtype(width: int, encoding: str) -> type[np.integer]:
    return np.uint16 if width < 16 and encoding != "sign-magnitude" else np.int64


# The spacing of float64 around 1.5 * 2^52 is 1. Adding this number therefore rounds to an
# integer, half to even, in one instruction that vectorizes on every processor.
_TO_INTEGER = 1.5 * 2.0**52


@compiled
def _quantize(values, scale, offset, low, high, codes):
    good = True
    for i in range(values.size):
        value = np.float64(values[i])
        good &= (value >= low) & (value <= high)
        codes[i] = np.int64((value * scale + _TO_INTEGER) - _TO_INTEGER + offset)
    return good


@compiled
def _copy_checked(values, low, high, codes):
    good = True
    for i in range(values.size):
        good &= (values[i] >= low) & (values[i] <= high)
        codes[i] = values[i]
    return good
