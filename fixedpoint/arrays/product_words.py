"""Random words laid out so that the outputs of a product find theirs side by side."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..rounding import kernels
from ..rounding.rules import aligned_words
from ..rounding.word_reader import WordReader
from . import product_kernels

__all__ = ["Draws"]


@dataclasses.dataclass(frozen=True)
class Draws:
    """The words of a matrix product, in a table that its loop reads without gathering.

    Neighbouring outputs begin `stride` words apart, and a loop that makes many of them at
    once wants the k-th words of all together. So the table holds at ``[r, s]`` the word
    ``r + s * stride``, counted around the source's period P. With G the greatest common
    divisor of stride and P there are G rows, and a row comes around after P / G words:
    word w is in row ``w mod G``, at ``(w div G) * t mod P / G``, where t is the inverse
    of stride / G modulo P / G. For words that do not repeat, P is their number.

    Attributes
    ----------
    table : array
        The rows, one after the other, each going on for a tile where its words repeat.
    walk : tuple of int
        Period, stride, rows, length of a row in the table, P / G, t.
    first : int
        The word of the product's first step.
    """

    table: NDArray[Any]
    walk: tuple[int, int, int, int, int, int]
    first: int

    @classmethod
    def none(cls, work: Any) -> Draws:
        """Return what stands for the words where none are drawn."""
        return cls(np.zeros(1, work), (1, 1, 1, 1, 1, 0), 0)

    @classmethod
    def read(
        cls, reader: WordReader, total: int, stride: int, run: int, shift: int, work: Any
    ) -> Draws:
        """Take the next `total` words from a reader.

        Parameters
        ----------
        reader : WordReader
        total, stride : int
            At least 1.
        run : int
            At most so many neighbouring outputs are made at once.
        shift : int
            Discarded bits, with whose first one the words' top bits are aligned.
        work : integer type
            Of the table.
        """
        repeating = reader.is_kept(total)
        words, first = reader.span(total)
        period = len(words)
        rows = math.gcd(stride, period)
        length = period // rows
        pitch = length + (min(run, kernels.TILE) - 1 if repeating else 0)
        table = np.empty((rows, pitch), work)
        product_kernels.lay_out(aligned_words(words, reader.width, shift, work), stride, table)
        turn = pow(stride // rows, -1, length)
        return cls(table.reshape(-1), (period, stride, rows, pitch, length, turn), first)
