"""Sobol sequences with the direction numbers of Joe and Kuo."""

from __future__ import annotations

import dataclasses
import functools
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from fixedpoint.circuit import check_integer

from .generator import Generator
from .gf2 import digital_words

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Sobol"]

_TABLE = Path(__file__).with_name("sobol.csv")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Sobol(Generator):
    """One dimension of the Sobol sequence, in Gray-code order.

    Word t is the XOR of the direction numbers at the ones of the Gray code of t,
    ``t ^ (t >> 1)``, for t modulo 2^width. In this order, of Antonov and Saleev, consecutive
    words differ by one direction number. It is the order of
    ``scipy.stats.qmc.Sobol(d, scramble=False)``: word t is ``floor(2^width * x[t])`` of its
    points x. Dimension 0 is the van der Corput sequence in this order.

    Parameters
    ----------
    width : int
        Bits of a word, 1..24.
    phase : int
        Offset in the sequence of the word after reset.
    dimension : int
        0..1023, one less than the number of the dimension in the table of Joe and Kuo.

    Attributes
    ----------
    directions : tuple of int
        The `width` direction numbers as words. The lowest one of number i is bit
        ``width - 1 - i``.

    Notes
    -----
    In hardware a register takes the XOR with direction number i in each cycle, where i is
    the index of the lowest zero of a counter. In the last cycle of the period the counter
    has no zero, and the last direction number returns the register to 0.

    References
    ----------
    I. M. Sobol, "On the distribution of points in a cube and the approximate evaluation of
    integrals", USSR Comput. Math. Math. Phys. 7(4), 1967.
    I. A. Antonov, V. M. Saleev, "An economic method of computing LP-tau sequences", USSR
    Comput. Math. Math. Phys. 19(1), 1979.
    S. Joe, F. Y. Kuo, "Constructing Sobol sequences with better two-dimensional
    projections", SIAM J. Sci. Comput. 30, 2008.

    Examples
    --------
    >>> from stochastic import Sobol
    >>> Sobol(width=3).words(9).tolist()
    [0, 4, 6, 2, 3, 7, 5, 1, 0]
    >>> Sobol(width=3, dimension=2).words(8).tolist()
    [0, 4, 2, 6, 5, 1, 7, 3]
    """

    dimension: int = 0

    WIDTHS: ClassVar[tuple[int, int]] = (1, 24)
    DIMENSIONS: ClassVar[int] = 1024

    def __post_init__(self) -> None:
        super().__post_init__()
        last = self.DIMENSIONS - 1
        self._set(dimension=check_integer("Sobol dimension", self.dimension, 0, last))

    @property
    def period(self) -> int:
        return 1 << self.width

    @property
    def directions(self) -> tuple[int, ...]:
        numbers = _initial_numbers(self.dimension)
        return tuple(m << (self.width - 1 - i) for i, m in enumerate(numbers[: self.width]))

    def _words(self, n: int, start: int) -> NDArray[np.uint32]:
        # Bit i of t is bits i and i - 1 of the Gray code.
        directions = np.array((0, *self.directions), np.uint32)
        return digital_words(directions[1:] ^ directions[:-1], n, start)


@functools.lru_cache
def _initial_numbers(dimension: int) -> tuple[int, ...]:
    """Return Joe and Kuo's m_1 .. m_24: m_k is odd and below 2^k."""
    if dimension == 0:
        return (1,) * 24
    try:
        _, degree, inner, *numbers = map(int, _rows()[dimension - 1].split(","))
    except (IndexError, ValueError):
        degree, inner, numbers = 0, 0, []
    if degree < 1 or len(numbers) != degree or not _proper(numbers):
        raise ValueError(f"the table {_TABLE.name} is damaged at dimension {dimension}")
    coefficients = [inner >> (degree - 1 - i) & 1 for i in range(1, degree)] + [1]
    while len(numbers) < 24:
        number = numbers[-degree]
        for i, coefficient in enumerate(coefficients, 1):
            number ^= coefficient * numbers[-i] << i
        numbers.append(number)
    return tuple(numbers)


def _proper(numbers: list[int]) -> bool:
    return all(m & 1 and 0 < m < 1 << k for k, m in enumerate(numbers, 1))


@functools.cache
def _rows() -> list[str]:
    lines = _TABLE.read_text(encoding="ascii").splitlines()
    return [line for line in lines if not line.startswith("#")]
