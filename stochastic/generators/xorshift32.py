"""Marsaglia's 32-bit xorshift generator."""

from __future__ import annotations

import dataclasses
import functools
from typing import TYPE_CHECKING

import numpy as np

from fixedpoint.circuit import check_integer
from fixedpoint.kernels.compiled import compiled

from .generator import Generator
from .gf2 import FEW, advance

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Xorshift32"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Xorshift32(Generator):
    """Marsaglia's xorshift generator with 32 bits of state and the shifts 13, 17, 5.

    The state y goes through ``y ^= y << 13; y ^= y >> 17; y ^= y << 5`` (modulo 2^32) in
    each cycle and visits all values except 0. The word is its `width` most significant bits.

    Parameters
    ----------
    width : int
        Bits of a word, 1..32.
    phase : int
        Offset in the sequence of the word after reset.
    seed : int
        State of cycle 0, 1..2^32 - 1.

    References
    ----------
    G. Marsaglia, "Xorshift RNGs", Journal of Statistical Software 8(14), 2003.

    Examples
    --------
    >>> from stochastic import Xorshift32
    >>> Xorshift32(width=32, seed=2463534242).words(2, start=1).tolist()
    [723471715, 2497366906]
    """

    seed: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        self._set(seed=check_integer("Xorshift32 seed", self.seed, 1, 2**32 - 1))

    @property
    def period(self) -> int:
        return 2**32 - 1

    def _words(self, n: int, start: int) -> NDArray[np.uint32]:
        words, dropped = np.empty(n, np.uint32), 32 - self.width
        state = advance(_columns(), self.seed, start)
        if n > FEW:
            _fill(np.uint32(state), dropped, words)
            return words
        for t in range(n):
            words[t] = state >> dropped
            state = _next(state)
        return words


def _next(state: int) -> int:
    """Return the state after `state`; reference of the kernel."""
    state ^= state << 13 & 0xFFFFFFFF
    state ^= state >> 17
    return state ^ (state << 5 & 0xFFFFFFFF)


@functools.cache
def _columns() -> NDArray[np.uint32]:
    return np.array([_next(1 << i) for i in range(32)], np.uint32)


@compiled
def _fill(state, dropped, words):
    for t in range(len(words)):
        words[t] = state >> dropped
        # Numba widens every shift to 64 bits, so each left shift is truncated.
        state = np.uint32(state ^ np.uint32(state << 13))
        state = np.uint32(state ^ (state >> 17))
        state = np.uint32(state ^ np.uint32(state << 5))
