"""The words of generators as the lanes of an update circuit take them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..kernels.word_rotation import rotated_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import DTypeLike, NDArray

    from ..circuit import WordSource

__all__ = ["LaneWords"]

# Largest number of words of a period to keep.
MAX_KEPT = 1 << 24


class LaneWords:
    """The words of each lane in any range of cycles.

    Parameters
    ----------
    generators : sequence of generator
        One generator whose words the lanes share, lane l rotating them left by l bits; or one
        generator for each lane.
    lanes : int
    dtype : integer dtype
        Of the words.
    shift : int
        Number of low bits to drop from each word; if negative, the number of zeros to append.
    keep : bool
        Whether to keep the words of a whole period for later calls, unless they are too many.
    """

    def __init__(
        self,
        generators: Sequence[WordSource],
        lanes: int,
        dtype: DTypeLike,
        shift: int = 0,
        keep: bool = False,
    ) -> None:
        self.generators, self.lanes, self.dtype, self.shift = generators, lanes, dtype, shift
        period: Any = getattr(generators[0], "period", None)
        self._kept: NDArray | None = None
        if keep and period is not None and period * lanes <= MAX_KEPT:
            self._kept = self._make(0, period)

    def rows(self, position: int, cycles: int) -> tuple[NDArray, int]:
        """Return words ``[rows, lanes]`` and the row of the cycle `position`.

        At least `cycles` rows start there; row 0 follows the last row.
        """
        if self._kept is None:
            return self._make(position, cycles), 0
        return self._kept, position % len(self._kept)

    def _make(self, start: int, n: int) -> NDArray:
        words = [generator.words(n, start) for generator in self.generators]
        if len(words) < self.lanes:
            width = self.generators[0].width
            table = rotated_rows(words[0], width, self.lanes, 0, 1, n)
        else:
            table = np.stack(words, axis=1)
        if self.shift >= 0:
            return (table >> self.shift).astype(self.dtype)
        return table.astype(self.dtype) << -self.shift
