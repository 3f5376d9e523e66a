"""Index of the first wrong element of an array, for error messages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["first_index", "index_text"]


def first_index(wrong: NDArray[np.bool_]) -> tuple[int, ...]:
    """Return the index of the first True in C order; at least one element is True."""
    return tuple(int(i) for i in np.unravel_index(int(np.argmax(wrong)), wrong.shape))


def index_text(index: Iterable[Any]) -> str:
    """Return an index as text: ``(0, 1)``, or ``(3)`` for a vector."""
    return f"({', '.join(str(int(i)) for i in index)})"
