"""Protocol of sources that give one word a cycle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["WordSource"]


class WordSource(Protocol):
    """Protocol of objects that give one word a cycle, such as generators."""

    @property
    def width(self) -> int:
        """Bits of a word."""
        ...

    def words(self, n: int, start: int = 0) -> NDArray[np.uint32]:
        """Return the words of cycles ``start .. start + n - 1``."""
        ...
