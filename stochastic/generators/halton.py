"""Halton sequences."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from fixedpoint.circuit import check_integer
from fixedpoint.kernels.compiled import compiled

from .generator import Generator
from .gf2 import FEW

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Halton"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Halton(Generator):
    """Radical inverse of a count in base b, one dimension of a Halton sequence.

    With the digits d_i of t in base b, least significant first, word t is
    ``floor(2^width * sum of d_i / b^(i+1))``, exactly. The count has k digits, the fewest
    for which b^k is at least 2^width. The period is b^k.

    Parameters
    ----------
    width : int
        Bits of a word, 1..24.
    phase : int
        Offset in the sequence of the word after reset.
    base : int
        Base b of the count, 2..64. Use a different prime for each dimension. Base 2 is the
        van der Corput sequence.

    Attributes
    ----------
    digits : int
        Digits of the count, k.

    References
    ----------
    J. H. Halton, "On the efficiency of certain quasi-random sequences of points in
    evaluating multi-dimensional integrals", Numerische Mathematik 2, 1960.

    Examples
    --------
    >>> from stochastic import Halton
    >>> Halton(width=4, base=3).words(10).tolist()  # 16 * (0, 1/3, 2/3, 1/9, 4/9, ...)
    [0, 5, 10, 1, 7, 12, 3, 8, 14, 0]
    """

    base: int = 2

    WIDTHS: ClassVar[tuple[int, int]] = (1, 24)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._set(base=check_integer("Halton base", self.base, 2, 64))

    @property
    def digits(self) -> int:
        digits = 1
        while self.base**digits < 1 << self.width:
            digits += 1
        return digits

    @property
    def period(self) -> int:
        return self.base**self.digits

    def _word(self, t: int) -> int:
        """Return the word of cycle `t`; reference of the kernel."""
        inverse = 0
        for _ in range(self.digits):
            t, digit = divmod(t, self.base)
            inverse = inverse * self.base + digit
        return (inverse << self.width) // self.period

    def _words(self, n: int, start: int) -> NDArray[np.uint32]:
        if n <= FEW:
            return np.array([self._word(start + t) for t in range(n)], np.uint32)
        words = np.empty(n, np.uint32)
        _fill(start, self.base, self.digits, self.width, words)
        return words


@compiled
def _fill(start, base, digits, width, words):
    count = np.empty(digits, np.int64)
    weight = np.empty(digits, np.int64)
    period = base**digits
    inverse = 0
    rest, place = start, period
    for i in range(digits):
        place //= base
        weight[i] = place
        count[i] = rest % base
        rest //= base
        inverse += count[i] * place
    for t in range(len(words)):
        # Below 64 * 2^24 * 2^24, so in the range of int64.
        words[t] = (inverse << width) // period
        i = 0
        while i < digits and count[i] == base - 1:
            inverse -= count[i] * weight[i]
            count[i] = 0
            i += 1
        if i < digits:
            inverse += weight[i]
            count[i] += 1
