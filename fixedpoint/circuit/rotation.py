"""Rotation of words, by which lanes share one generator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["lane_words", "rotate_left", "rotated"]


def rotated(word: Any, by: Any, width: int) -> Any:
    """Return words of `width` bits rotated left by `by` bits, modulo the width.

    Parameters
    ----------
    word : int or unsigned array
    by : int or unsigned array
        Broadcast against `word`.
    width : int
        At most the bits of the array's type.
    """
    return rotate_left(word, by % width, width)


def rotate_left(word: Any, by: Any, width: int) -> Any:
    """Return `rotated` words where `by` is below the width; kernels compile this function."""
    return ((word << by) | (word >> (width - by))) & ((1 << width) - 1)


def lane_words(words: NDArray[np.uint32], width: int, lanes: int) -> NDArray[np.uint32]:
    """Return the words of each lane, ``[cycles, lanes]``: lane l rotates them by l bits."""
    return rotated(words[:, None], np.arange(lanes, dtype=np.uint32), width)
