"""What the codes of a stream stand for."""

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
        m, how many binary streams an integral stream is the sum of. Each has the value
        x / m, a quotient in float64.

    Returns
    -------
    int64 array of the shape of `values`
        Unipolar ``round(x 2^n)`` and bipolar ``round((x + 1) / 2 * 2^n)``, both 0..2^n;
        sign-magnitude ``round(x 2^n)``, -2^n..2^n: the magnitude with its sign. The
        rounding is that of the exact product, not of a float near it.

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
    """`to_codes` in the narrowest dtype that the kernels know: uint16 or int64."""
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
        # The nearest even code of a tie is here one beside the nearest even number.
        codes += (array == 0.5).astype(codes.dtype)
        codes -= (array == -0.5).astype(codes.dtype)
    return codes


def checked_codes(codes: ArrayLike, width: int, encoding: str) -> NDArray[np.integer]:
    """Return integer codes in the dtype of `quantized`, or say which one is out of range."""
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
        good = _narrow(np.ascontiguousarray(array).reshape(-1), low, high, result.reshape(-1))
    if not good:
        wrong = array[(array < low) | (array > high)]
        raise ValueError(
            f"{encoding} codes of width {width} must be between {low} and {high}, "
            f"not {wrong[0]}"
        )
    return result


def operand_codes(operand: ArrayLike, width: int, encoding: str) -> NDArray[np.integer]:
    """Return the codes of an operand that holds real values or, of integer dtype, codes."""
    array = check_array("an operand must be", operand)
    if array.dtype.kind in "iu":
        return checked_codes(array, width, encoding)
    return quantized(array, width, encoding)


def unsigned(codes: NDArray[np.integer], width: int) -> NDArray[np.integer]:
    """Return non-negative codes in the dtype of unipolar ones."""
    return codes.astype(_dtype(width, "unipolar"), copy=False)


def _dtype(width: int, encoding: str) -> type[np.integer]:
    return np.uint16 if width < 16 and encoding != "sign-magnitude" else np.int64


# The spacing of float64 at 1.5 * 2^52 is 1, and that of its neighbours too: adding it rounds
# to an integer, half to even, in an instruction that vectorises everywhere.
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
def _narrow(values, low, high, codes):
    good = True
    for i in range(values.size):
        good &= (values[i] >= low) & (values[i] <= high)
        codes[i] = values[i]
    return good
