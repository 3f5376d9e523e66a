"""The words of every so many cycles, side by side, as kernels of lanes read them."""

from __future__ import annotations

import numpy as np

from fixedpoint.kernels.compiled import compiled

__all__ = ["every_row", "turned_rows"]


@compiled
def every_row(words, row, step, count):
    """Return every `step`-th of the words ``[rows, lanes]``, flat; row 0 follows the last."""
    row %= len(words)
    if step == 1 and row + count <= len(words):
        return words[row : row + count].reshape(-1)
    lanes = words.shape[1]
    out = np.empty((count, lanes), words.dtype)
    for i in range(count):
        for lane in range(lanes):
            out[i, lane] = words[row, lane]
        row = (row + step) % len(words)
    return out.reshape(-1)


@compiled
def turned_rows(words, width, lanes, row, step, count):
    """Return every `step`-th of the words ``[rows, 1 or lanes]``, for each lane, flat.

    A single word a row is rotated left by the lane's number, within its width.
    """
    if words.shape[1] == lanes:
        return every_row(words, row, step, count)
    # A word written twice, shifted right by that much, shows the rotated word.
    shifts = np.array([width - lane % width for lane in range(lanes)], np.uint64)
    mask = np.uint64((1 << width) - 1)
    out = np.empty((count, lanes), np.uint32)
    for i in range(count):
        word = np.uint64(words[row, 0])
        twice = word | (word << np.uint64(width))
        for lane in range(lanes):
            out[i, lane] = (twice >> shifts[lane]) & mask
        row += step
    return out.reshape(-1)
