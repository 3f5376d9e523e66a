"""Wide ports of many lanes: NumPy arrays to whole integers or bytes, and back."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fixedpoint.circuit import check_integer

__all__ = ["pack_bytes", "pack_lanes", "unpack_lanes"]


def pack_lanes(values: ArrayLike, width: int, first: Literal["low", "high"] = "low") -> int:
    """Return lanes side by side as one integer, such as a value for a wide port.

    Parameters
    ----------
    values : integer array ``[lanes]``
        Of each value the lowest `width` bits are taken, so that negative ones are in two's
        complement.
    width : int
        Bits of a lane, 1 to 64.
    first : {"low", "high"}
        Whether lane 0 is in the lowest bits, ``port[i*width +: width]``, or in the highest.

    Raises
    ------
    TypeError, ValueError
        If the values are no integers or do not fit, or an argument is out of range.

    Examples
    --------
    >>> hex(pack_lanes([1, 2, -1], 8))
    '0xff0201'
    >>> hex(pack_lanes([1, 2, -1], 8, first="high"))
    '0x102ff'
    """
    lanes = _ordered(_checked(values, width), first)
    return int.from_bytes(pack_bytes(lanes[None, :], width).tobytes(), "little")


def unpack_lanes(
    value: int,
    width: int,
    lanes: int,
    *,
    signed: bool = False,
    first: Literal["low", "high"] = "low",
) -> NDArray[np.int64]:
    """Return the lanes of an integer, such as the value of a wide port.

    Parameters
    ----------
    value : int
        Not negative; cocotb's handles give it as ``int(handle.value)``.
    width, lanes : int
        Bits of a lane, 1 to 64, and number of lanes.
    signed : bool
        Whether lanes are in two's complement.
    first : {"low", "high"}
        Where lane 0 is.

    Returns
    -------
    int64 array ``[lanes]``, or uint64 for unsigned lanes of 64 bits

    Raises
    ------
    ValueError
        If the value has more bits than all lanes together, or an argument is out of range.

    Examples
    --------
    >>> unpack_lanes(0xFF0201, 8, 3, signed=True).tolist()
    [1, 2, -1]
    """
    width = check_integer("width", width, 1, 64)
    lanes = check_integer("lanes", lanes, 0, 2**31)
    value = int(value)
    if value < 0 or value >> (width * lanes):
        raise ValueError(
            f"{lanes} lanes of {width} bits take values of {width * lanes} bits, not {value:#x}"
        )
    size = -(-width * lanes // 8)
    raw = np.frombuffer(value.to_bytes(size, "little"), np.uint8)
    bits = np.unpackbits(raw, bitorder="little")[: width * lanes].reshape(lanes, width)
    words = np.zeros((lanes, 64), np.uint8)
    words[:, :width] = bits
    if signed:
        words[:, width:] = bits[:, -1:]
    found = np.packbits(words, axis=1, bitorder="little").view("<u8")[:, 0]
    found = found.astype(np.uint64) if width == 64 and not signed else found.astype(np.int64)
    return np.ascontiguousarray(_ordered(found, first))


def pack_bytes(
    values: NDArray[np.int64], width: int, *, sign_extend: bool = False
) -> NDArray[np.uint8]:
    """Return the lanes of every cycle side by side in whole bytes, the lowest ones first.

    Parameters
    ----------
    values : integer array ``[cycles, lanes]``
    width : int
        Bits of a lane, 1 to 64.
    sign_extend : bool
        Whether the unused bits of the last byte repeat the highest bit, instead of being 0.

    Returns
    -------
    uint8 array ``[cycles, bytes]``
    """
    cycles, lanes = values.shape
    words = np.ascontiguousarray(values).astype("<i8" if values.dtype.kind == "i" else "<u8")
    raw = words.view(np.uint8).reshape(cycles, lanes, 8)
    bits = np.unpackbits(raw, axis=2, bitorder="little")[:, :, :width]
    bits = bits.reshape(cycles, lanes * width)
    unused = -bits.shape[1] % 8
    if sign_extend and unused:
        bits = np.concatenate([bits, np.repeat(bits[:, -1:], unused, axis=1)], axis=1)
    return np.packbits(bits, axis=1, bitorder="little")


def _checked(values: ArrayLike, width: int) -> NDArray[np.int64]:
    width = check_integer("width", width, 1, 64)
    array = np.asarray(values)
    if array.dtype.kind not in "biu":
        raise TypeError(f"lanes are integers, not {array.dtype}")
    if array.ndim != 1:
        raise ValueError(f"lanes are an array of one dimension, not of {array.ndim}")
    low, high = -(1 << (width - 1)), (1 << width) - 1
    if array.size and not low <= int(array.min()) <= int(array.max()) <= high:
        worst = int(array.min()) if int(array.min()) < low else int(array.max())
        raise ValueError(
            f"a lane of {width} bits takes values from {low} to {high}, not {worst}"
        )
    return array.astype(np.int64) if array.dtype.kind == "b" else array


def _ordered(lanes: NDArray, first: str) -> NDArray:
    if first not in ("low", "high"):
        raise ValueError(f"first must be 'low' or 'high', not {first!r}")
    return lanes if first == "low" else lanes[::-1]
