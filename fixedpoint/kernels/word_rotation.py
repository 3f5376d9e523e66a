"""Rotation of generator words in kernels, by which lanes share one generator."""

from __future__ import annotations

import numpy as np

from ..circuit.rotation import rotate_left
from .compiled import compiled

__all__ = ["lane_word", "rotated_rows"]

compiled_rotate_left = compiled(rotate_left, inline=True)


@compiled(inline=True)
def lane_word(words, cycle, lane, width):
    """Return the word of one lane as int64.

    Parameters
    ----------
    words : unsigned array ``[cycles, 1 or lanes]``
        A word for each lane, or one word that lane l rotates left by l bits.
    cycle, lane : int
    width : int
        Bits of a word, 1..32.
    """
    if words.shape[1] > 1:
        return np.int64(words[cycle, lane])
    return compiled_rotate_left(np.int64(words[cycle, 0]), lane % width, width)


@compiled
def rotated_rows(words, width, lanes, row, step, count):
    """Return every `step`-th word from `row` on as the lanes see it: rotated left.

    Parameters
    ----------
    words : unsigned array ``[n]``
    width : int
        Bits of a word, 1..32.
    lanes : int
        Lane l rotates the words by l bits.
    row, step, count : int

    Returns
    -------
    uint32 array ``[count, lanes]``
    """
    rows = np.empty((count, lanes), np.uint32)
    # Without a division in the inner loop.
    rotations = np.array([lane % width for lane in range(lanes)], np.int64)
    for i in range(count):
        word = np.int64(words[row + i * step])
        for lane in range(lanes):
            rows[i, lane] = compiled_rotate_left(word, rotations[lane], width)
    return rows
