"""Values of ports to bits on a bus, and back."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["from_bits", "to_bits"]


def to_bits(values: NDArray[np.int64], width: int) -> NDArray[np.uint8]:
    """Return the two's complement bits of each value, least significant first.

    Parameters
    ----------
    values : int64 array ``[cycles, columns]``
    width : int
        Bits of one value, 1..64.

    Returns
    -------
    uint8 array ``[cycles, columns * width]``, column 0 first
    """
    shifts = np.arange(width, dtype=np.int64)
    bits = (values[:, :, None] >> shifts) & 1
    return bits.reshape(len(values), -1).astype(np.uint8)


def from_bits(bits: NDArray[np.uint8], width: int, signed: bool) -> NDArray[np.int64]:
    """Return the values whose bits `to_bits` gave.

    Parameters
    ----------
    bits : uint8 array ``[cycles, columns * width]``
    width : int
        Bits of one value, 1..64.
    signed : bool
        Whether the most significant bit has negative weight.
    """
    planes = bits.reshape(len(bits), bits.shape[1] // width, width)
    values = np.zeros(planes.shape[:2], np.int64)
    for place in range(width):
        values |= planes[:, :, place].astype(np.int64) << place
    if signed and width < 64:
        values -= planes[:, :, width - 1].astype(np.int64) << width
    return values
