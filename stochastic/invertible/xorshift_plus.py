"""The xorshift+ generator of the published annealing FPGA."""

from __future__ import annotations

import dataclasses
import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from fixedpoint.circuit import check_integer
from fixedpoint.kernels.compiled import compiled

from ..generators.generator import Generator
from ..generators.gf2 import FEW, advance
from .seeds import split_seed

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["XorshiftPlus"]

MASK = 2**64 - 1


@dataclasses.dataclass(frozen=True, kw_only=True)
class XorshiftPlus(Generator):
    """Pipelined xorshift+ generator with four 64-bit registers, as in a published FPGA.

    Parameters
    ----------
    width : int
        Bits of a word, 1..32: the least significant ones of the 64-bit sum.
    phase : int
        The cycle of the sequence that reset brings.
    seed : int
        Its first four SplitMix64 words are the registers s0, s1, x0 and x1, 0..2^63 - 1.

    Notes
    -----
    The word of a cycle is ``x1 + s1`` modulo 2^64. Then, all at once and modulo 2^64,

        s0 = s1
        s1 = x1
        x0 = s0 ^ (s0 << 1)
        x1 = x0 ^ s1 ^ (x0 >> 1) ^ (s1 >> 54)

    The pipeline registers between the two halves of a step make this another map than the
    xorshift128+ of S. Vigna. Its polynomial is the square of one with irreducible factors of
    the degrees 5, 45 and 77, so the period is 2 (2^45 - 1)(2^77 - 1) or a divisor.

    Source: N. Onizawa et al., ``SSQA_FPGA``, file ``xorshift.sv`` (arXiv 2602.16143), without
    the register behind the sum, which only delays it by a cycle.

    Examples
    --------
    >>> from stochastic.invertible import XorshiftPlus
    >>> XorshiftPlus(width=8).words(4).tolist()
    [114, 120, 155, 166]
    """

    seed: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        self._set(seed=check_integer("XorshiftPlus seed", self.seed, 0, 2**63 - 1))

    @property
    def period(self) -> int:
        return 2 * (2**45 - 1) * (2**77 - 1)

    @property
    def state(self) -> int:
        """The registers at cycle 0 as one number; s0 is in the 64 least significant bits."""
        return sum(word << (64 * i) for i, word in enumerate(split_seed(self.seed, 4).tolist()))

    def _words(self, n: int, start: int) -> NDArray[np.uint32]:
        state = advance(step_columns(), self.state, start)
        words = np.empty(n, np.uint32)
        mask = (1 << self.width) - 1
        if n > FEW:
            registers = [state >> (64 * i) & MASK for i in range(4)]
            _fill(np.array(registers, np.uint64), np.uint64(mask), words)
            return words
        for t in range(n):
            words[t] = ((state >> 192) + (state >> 64)) & mask
            state = next_state(state)
        return words


def next_state(state: int) -> int:
    """Return the four registers after `state`: the reference."""
    s0, s1, x0, x1 = (state >> (64 * i) & MASK for i in range(4))
    new = (s1, x1, s0 ^ (s0 << 1) & MASK, x0 ^ s1 ^ (x0 >> 1) ^ (s1 >> 54))
    return sum(word << (64 * i) for i, word in enumerate(new))


@functools.cache
def step_columns() -> NDArray[Any]:
    """Return the map as `gf2` takes it: the image of each of the 256 bits."""
    return np.array([next_state(1 << i) for i in range(256)], object)


@compiled
def _fill(registers, mask, words):
    one = np.uint64(1)
    s0, s1, x0, x1 = registers
    for t in range(len(words)):
        words[t] = np.uint32((x1 + s1) & mask)
        shifted = x0 ^ s1 ^ (x0 >> one) ^ (s1 >> np.uint64(54))
        x0 = s0 ^ (s0 << one)
        s0 = s1
        s1 = x1
        x1 = shifted
