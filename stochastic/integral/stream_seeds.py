"""Seeds of the registers that make the integral streams of a layer's weights."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from fixedpoint.circuit import check_integer
from fixedpoint.kernels.compiled import compiled

from ..generators.lfsr import Lfsr
from ..generators.xorshift32 import Xorshift32

__all__ = ["check_streams", "stream_seeds", "stream_words"]


def check_streams(count: int, width: int) -> int:
    """Return a number of streams, or refuse one above the seeds that registers have."""
    width = check_integer("seed width", width, 3, 16)
    return check_integer(f"streams of {width}-bit registers", count, 1, (1 << width) - 1)


@functools.lru_cache(maxsize=16)
def stream_seeds(count: int, width: int, seed: int) -> tuple[int, ...]:
    """Return `count` different seeds of registers of one width.

    They are the upper bits of the words of `Xorshift32`, without 0 and without repetitions.
    Registers with these seeds run through one sequence at irregular distances. Equal
    distances, as from consecutive words, would make the sum of all streams periodic.

    Parameters
    ----------
    count : int
        1..2^width - 1.
    width : int
        Bits of a register, 3..16.
    seed : int
        Seed of `Xorshift32`, 1..2^32 - 1.

    Examples
    --------
    >>> stream_seeds(3, 4, 1)
    (9, 1, 8)
    """
    count = check_streams(count, width)
    chosen: dict[int, None] = {}
    words = Xorshift32(width=width, seed=seed)
    start = 0
    while len(chosen) < count:
        chosen.update(dict.fromkeys(words.words(2 * count, start).tolist()))
        chosen.pop(0, None)
        start += 2 * count
    return tuple(chosen)[:count]


def stream_words(seeds: tuple[int, ...], width: int, length: int) -> NDArray[np.uint16]:
    """Return the words of registers, ``[length, len(seeds)]``: `Lfsr` of each seed.

    Examples
    --------
    >>> stream_words((1, 6), 3, 4).tolist()
    [[1, 6], [2, 4], [5, 1], [3, 2]]
    """
    words = np.empty((length, len(seeds)), np.uint16)
    _fill(np.array(seeds, np.uint16), np.array(Lfsr(width=width).taps), width, words)
    return words


@compiled
def _fill(seeds, taps, width, words):
    mask = np.uint16((1 << width) - 1)
    one = np.uint16(1)
    for g in range(seeds.size):
        state = seeds[g]
        for t in range(words.shape[0]):
            words[t, g] = state
            bit = np.uint16(0)
            for tap in taps:
                bit ^= state >> np.uint16(tap - 1)
            state = ((state << one) | (bit & one)) & mask
