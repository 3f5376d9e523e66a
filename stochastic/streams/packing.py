"""Packed storage: 64 cycles a word, the first of them in the least significant bit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fixedpoint.circuit import check_integer

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["check_length", "last_word", "pack", "unpack", "word_count"]

_MAXIMUM_LENGTH = 2**31 - 1


def check_length(length: Any) -> int:
    """Return a stream's length as an int in 1..2^31 - 1, or say what is wrong with it."""
    return check_integer("stream length", length, 1, _MAXIMUM_LENGTH)


def word_count(length: int) -> int:
    """Return how many words hold `length` bits."""
    return -(-length // 64)


def last_word(length: int) -> np.uint64:
    """Return the last word of a stream of ones: only bits before the length are set."""
    return np.uint64((1 << ((length - 1) % 64 + 1)) - 1)


def pack(bits: ArrayLike) -> NDArray[np.uint64]:
    """Pack bits along the last axis.

    Parameters
    ----------
    bits : bool array ``[..., N]``
        Integers are taken as bits too: nonzero is 1.

    Returns
    -------
    uint64 array ``[..., ceil(N / 64)]``
        Bit t is bit ``t % 64`` of word ``t // 64``; bits past the length are zero.

    Examples
    --------
    >>> pack([1, 0, 1, 1]).tolist()
    [13]
    """
    array = np.asarray(bits).astype(bool, copy=False)
    padding = -array.shape[-1] % 64
    if padding:
        array = np.concatenate([array, np.zeros((*array.shape[:-1], padding), bool)], axis=-1)
    packed = np.packbits(array, axis=-1, bitorder="little")
    return packed.view("<u8").astype(np.uint64, copy=False)


def unpack(words: NDArray[np.uint64], length: int) -> NDArray[np.bool_]:
    """Undo `pack`: uint64 ``[..., ceil(length / 64)]`` to bool ``[..., length]``."""
    octets = np.ascontiguousarray(words, dtype="<u8").view(np.uint8)
    return np.unpackbits(octets, axis=-1, count=length, bitorder="little").astype(bool)
