"""Count tables: the ones of the product stream of every pair of codes."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from .codes import check_encoding
from .packing import check_length

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..generators.generator import Generator

__all__ = ["LARGEST_TABLE", "count_table", "table_bytes"]

LARGEST_TABLE = 1 << 26


def table_bytes(generators: tuple[Generator, Generator], length: int) -> int:
    """Return the size of the table of two generators over `length` cycles."""
    levels = ((1 << generators[0].width) + 1) * ((1 << generators[1].width) + 1)
    return (levels + 1) * np.dtype(_dtype(length)).itemsize


def count_table(
    generators: tuple[Generator, Generator], length: int, encoding: str = "unipolar"
) -> NDArray[np.unsignedinteger]:
    """Return the ones of the product of every pair of codes.

    The four most recently used tables are cached.

    Parameters
    ----------
    generators : pair of Generator
        The sequences of the first and of the second operand.
    length : int
        Cycles from reset, N.
    encoding : {"unipolar", "bipolar", "sign-magnitude"}
        The gate is AND for unipolar streams and for magnitudes, and XNOR for bipolar ones.

    Returns
    -------
    uint16 or uint32 array ``[2^n1 + 1, 2^n2 + 1]``, read-only
        Entry (a, b) is ``#{t < N: R1_t < a and R2_t < b}``, or for XNOR the number of cycles
        in which both or neither hold. The dtype is uint16 where N is below 2^16.

    Raises
    ------
    ValueError
        If the table would take more than 64 MiB: two generators of 12 bits fit up to
        65,535 cycles.

    Notes
    -----
    The two sequences are known, so the count is a function of the two codes, and one
    look-up is an exact product. The same idea is in the HUB layers of UnarySim (D. Wu
    et al., uGEMM, ISCA 2020) and in the contingency tables of S. Aygun and M. H. Najafi.

    Examples
    --------
    >>> from stochastic import Counter
    >>> up, down = Counter(width=2), Counter(width=2, direction="down")
    >>> count_table((up, down), 4)[2].tolist()
    [0, 0, 0, 1, 2]
    """
    pair = generators[0], generators[1]
    entries = table_entries(pair, check_length(length), check_encoding(encoding))
    return entries[:-1].reshape((1 << generators[0].width) + 1, -1)


def table_entries(
    generators: tuple[Generator, Generator], length: int, encoding: str
) -> NDArray[np.unsignedinteger]:
    """Return the entries of `count_table` row by row, and one of padding for `look_up`."""
    return _entries(generators, length, encoding == "bipolar")


def _dtype(length: int) -> type[np.unsignedinteger]:
    return np.uint16 if length < 1 << 16 else np.uint32


@lru_cache(maxsize=4)
def _entries(
    generators: tuple[Generator, Generator], length: int, xnor: bool
) -> NDArray[np.unsignedinteger]:
    first, second = generators
    size = table_bytes(generators, length)
    if size > LARGEST_TABLE:
        raise ValueError(
            f"a count table of widths {first.width} and {second.width} takes {size} bytes, "
            f"more than {LARGEST_TABLE}: use engine 'packed'"
        )
    rows, columns = (1 << first.width) + 1, (1 << second.width) + 1
    dtype = _dtype(length)
    entries = np.zeros(rows * columns + 1, dtype)
    table = entries[:-1].reshape(rows, columns)
    # A two-dimensional cumulative histogram of the pairs of words.
    np.add.at(table, (first.words(length) + np.int64(1), second.words(length) + np.int64(1)), 1)
    np.cumsum(table, axis=0, out=table, dtype=dtype)
    np.cumsum(table, axis=1, out=table, dtype=dtype)
    if xnor:
        # Both or neither: N - |a| - |b| + 2 |a and b|. Intermediate results may wrap.
        ones = table[:, -1:].copy(), table[-1:, :].copy()
        table *= dtype(2)
        table -= ones[0]
        table -= ones[1]
        table += dtype(length)
    entries.flags.writeable = False
    return entries
