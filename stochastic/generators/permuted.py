"""Permuted words of a generator: a second sequence that costs only wires."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from fixedpoint.circuit import check_integer
from fixedpoint.circuit.checks import shown

from .generator import Generator

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Permuted"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Permuted(Generator):
    """The words of a generator with their bits in another order.

    In hardware the permutation costs no logic. Bits in reverse order make a van der Corput
    sequence of a counter.

    Parameters
    ----------
    width : int
        Bits of a word: the generator's.
    phase : int
        Cycles of the inner generator that reset skips.
    generator : Generator
        The inner generator.
    order : tuple of int
        A permutation of 0..width - 1: bit i of the word is bit ``order[i]`` of the
        generator's word.

    Raises
    ------
    TypeError, ValueError
        If the order is no tuple or no permutation, or the width is not the generator's.

    Notes
    -----
    Source: sharing of one LFSR by shuffled wires, as in S. A. Salehi, "Low-Cost Stochastic
    Number Generators for Stochastic Computing", IEEE Transactions on VLSI Systems 28(4),
    2020, where the order is drawn for low correlation.

    Examples
    --------
    >>> from stochastic import Counter, Permuted
    >>> Permuted(width=3, generator=Counter(width=3), order=(2, 1, 0)).words(8).tolist()
    [0, 4, 2, 6, 1, 5, 3, 7]
    """

    generator: Generator
    order: tuple[int, ...]

    PHASES: ClassVar[int] = 2**128

    def __post_init__(self) -> None:
        if not isinstance(self.generator, Generator):
            raise TypeError(
                f"Permuted generator must be a generator, not {shown(self.generator)}"
            )
        super().__post_init__()
        if self.width != self.generator.width:
            raise ValueError(
                f"Permuted width must be its generator's {self.generator.width}, "
                f"not {self.width}"
            )
        if not isinstance(self.order, tuple):
            raise TypeError(f"Permuted order must be a tuple, not {shown(self.order)}")
        order = tuple(check_integer("Permuted order", i, 0, self.width - 1) for i in self.order)
        if sorted(order) != list(range(self.width)):
            raise ValueError(
                f"Permuted order must have every bit of {self.width} once, not {self.order}"
            )
        self._set(order=order)

    @property
    def period(self) -> int:
        return self.generator.period

    def _words(self, n: int, start: int) -> NDArray[np.uint32]:
        words = self.generator._words(n, (start + self.generator.phase) % self.period)
        permuted = np.zeros_like(words)
        for i, bit in enumerate(self.order):
            permuted |= (words >> np.uint32(bit) & np.uint32(1)) << np.uint32(i)
        return permuted
