"""Words rotated to the left: how lanes that share a generator each see other bits of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["lane_words", "rotated"]


def rotated(word: int, by: int, width: int) -> int:
    """Return a word of `width` bits rotated left by `by` bits, modulo the width."""
    by %= width
    return ((word << by) | (word >> (width - by))) & ((1 << width) - 1)


def lane_words(words: NDArray[np.uint32], width: int, lanes: int) -> NDArray[np.uint32]:
    """Return words as each lane sees them, ``[cycles, lanes]``: lane l's rotated by l bits."""
    by = np.arange(lanes, dtype=np.uint64) % np.uint64(width)
    whole = words.astype(np.uint64)[:, None]
    turned = (whole << by) | (whole >> (np.uint64(width) - by))
    return (turned & np.uint64((1 << width) - 1)).astype(np.uint32)
