"""Binary up or down counter, the generator of unary (temporal) coding."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from fixedpoint.circuit import check_choice

from .generator import Generator
from .gf2 import digital_words

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Counter"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Counter(Generator):
    """Counter, up from 0 or down from 2^width - 1.

    Parameters
    ----------
    width : int
        Bits of the count, 1..32.
    direction : {"up", "down"}
        The ones come first in the stream of an up counter, and last for a down counter.
    phase : int
        Offset in the sequence of the word after reset.

    Examples
    --------
    >>> from stochastic import Counter
    >>> Counter(width=3).words(9).tolist()
    [0, 1, 2, 3, 4, 5, 6, 7, 0]
    >>> Counter(width=3, direction="down").words(3, start=6).tolist()
    [1, 0, 7]
    """

    direction: str = "up"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice("Counter direction", self.direction, ("up", "down"))

    @property
    def period(self) -> int:
        return 1 << self.width

    def _words(self, n: int, start: int) -> NDArray[np.uint32]:
        words = digital_words(np.uint32(1) << np.arange(self.width, dtype=np.uint32), n, start)
        return words if self.direction == "up" else np.uint32(self.period - 1) - words
