"""Random words of a matrix product, arranged for neighbouring outputs to read side by side."""

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

__all__ = ["ProductWords"]


@dataclasses.dataclass(frozen=True)
class ProductWords:
    """The words of a matrix product, in a table that its loop reads without gathering.

    Neighbouring outputs start `stride` words apart, and a loop that computes many outputs
    at once reads the k-th words of all of them together. Entry ``[r, s]`` of the table is
    therefore word ``r + s * stride``, modulo the source's period P. With G the greatest
    common divisor of stride and P the table has G rows, and a row repeats after P / G
    words: word w is in row ``w mod G`` at column ``(w div G) * t mod P / G``, where t is the
    inverse of stride / G modulo P / G. For words that do not repeat, P is their number.

    Attributes
    ----------
    table : array
        The rows, one after the other. Rows that repeat are continued by one tile.
    layout : tuple of int
        Period, stride, rows, length of a row in the table, P / G, t.
    first : int
        Number of the word of the product's first step.
    """

    table: NDArray[Any]
    layout: tuple[int, int, int, int, int, int]
    first: int

    @classmethod
    def none(cls, work: Any) -> ProductWords:
        """Return the placeholder for a product that needs no words."""
        return cls(np.zeros(1, work), (1, 1, 1, 1, 1, 0), 0)

    @classmethod
    def read(
        cls, reader: WordReader, total: int, stride: int, run: int, shift: int, work: Any
    ) -> ProductWords:
        """Take the next `total` words from a reader.

        Parameters
        ----------
        reader : WordReader
        total, stride : int
            At least 1.
        run : int
            Largest number of neighbouring outputs computed at once.
        shift : int
            Discarded bits; the words' top bits are aligned with the first of them.
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
        words = aligned_words(words, reader.width, shift, work)
        product_kernels.fill_word_table(words, stride, table)
        inverse = pow(stride // rows, -1, length)
        return cls(table.reshape(-1), (period, stride, rows, pitch, length, inverse), first)
