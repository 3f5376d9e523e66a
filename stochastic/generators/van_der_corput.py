"""Van der Corput sequence."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from .generator import Generator
from .gf2 import digital_words

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["VanDerCorput"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class VanDerCorput(Generator):
    """Van der Corput sequence of base 2: an up counter with its bits reversed.

    Word t is the bit reversal of t modulo 2^width. The hardware is a counter.

    Parameters
    ----------
    width : int
        Bits of the count, 1..32.
    phase : int
        Offset in the sequence of the word after reset.

    References
    ----------
    J. G. van der Corput, "Verteilungsfunktionen", Proc. Akad. Wet. Amsterdam 38, 1935.

    Examples
    --------
    >>> from stochastic import VanDerCorput
    >>> VanDerCorput(width=3).words(9).tolist()
    [0, 4, 2, 6, 1, 5, 3, 7, 0]
    """

    @property
    def period(self) -> int:
        return 1 << self.width

    def _words(self, n: int, start: int) -> NDArray[np.uint32]:
        columns = np.array([1 << i for i in reversed(range(self.width))], np.uint32)
        return digital_words(columns, n, start)
