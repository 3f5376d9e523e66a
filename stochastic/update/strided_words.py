"""Words of every L-th cycle side by side, as the tensor updates read them."""

from __future__ import annotations

import numpy as np

from fixedpoint.kernels.compiled import compiled
from fixedpoint.kernels.word_rotation import rotated_rows

__all__ = ["strided_lane_words", "strided_rows"]


@compiled
def strided_rows(words, row, step, count):
    """Return every `step`-th row of the words ``[rows, lanes]``, flat.

    Row 0 follows the last row.
    """
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
def strided_lane_words(words, width, lanes, row, step, count):
    """Return every `step`-th row of the words ``[rows, 1 or lanes]`` as the lanes see it, flat.

    Lane l rotates a single word per row left by l bits, within its width.
    """
    if words.shape[1] == lanes:
        return strided_rows(words, row, step, count)
    return rotated_rows(words[:, 0], width, lanes, row, step, count).reshape(-1)
