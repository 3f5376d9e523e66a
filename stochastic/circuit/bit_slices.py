"""Blocks of streams with one cycle in a word: bit r of a word is stream r of 64."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fixedpoint.kernels.compiled import compiled

__all__ = ["GROUPS", "flat_streams", "load_slices", "store_slices", "transpose"]

# Words side by side in a block: 64 streams each, in a few vector registers.
GROUPS = 32


def flat_streams(words: NDArray[np.uint64], shape: tuple[int, ...]) -> NDArray[np.uint64]:
    """Return packed streams, broadcast to a shape, as a contiguous array ``[lanes, words]``.

    It is writeable, as kernels expect, and a copy only where it must be.
    """
    if words.shape != shape:
        words = np.broadcast_to(words, shape)
    return np.require(words, requirements=("C", "W")).reshape(-1, shape[-1])


@compiled(inline=True)
def transpose(block):
    """Transpose the 64 x 64 bits of every column of a block ``[64, GROUPS]`` in place.

    Source: H. S. Warren, "Hacker's Delight", section 7-3.
    """
    width = 32
    mask = np.uint64(0x00000000FFFFFFFF)
    while width:
        shift = np.uint64(width)
        k = 0
        while k < 64:
            for g in range(GROUPS):
                swap = ((block[k, g] >> shift) ^ block[k + width, g]) & mask
                block[k + width, g] ^= swap
                block[k, g] ^= swap << shift
            k = (k + width + 1) & ~width
        width >>= 1
        mask ^= mask << np.uint64(width)


@compiled(inline=True)
def load_slices(streams, begin, count, word, block):
    """Fill a block with 64 cycles of `count` streams from number `begin` on.

    ``streams [lanes, words]`` have 64 cycles a word. Row t of the block is cycle t.
    """
    if count < 64 * GROUPS:
        block[:] = np.uint64(0)
    for lane in range(count):
        block[lane & 63, lane >> 6] = streams[begin + lane, word]
    transpose(block)


@compiled(inline=True)
def store_slices(block, begin, count, word, streams):
    """Write 64 cycles of `count` streams back: the reverse of `load_slices`."""
    transpose(block)
    for lane in range(count):
        streams[begin + lane, word] = block[lane & 63, lane >> 6]
