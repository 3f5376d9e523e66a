"""Banks: the streams of all codes of one generator."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from .comparators import by_word
from .packing import word_count

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..generators.generator import Generator

__all__ = ["LARGEST_BANK", "bank", "bank_bytes", "bank_pays"]

LARGEST_BANK = 1 << 24
_CACHED = 1 << 18


def bank_bytes(width: int, length: int) -> int:
    """Return the size of the bank of a `width`-bit generator over `length` cycles."""
    return ((1 << width) + 1) * word_count(length) * 8


def bank_pays(generator: Generator, length: int, streams: int) -> bool:
    """Return whether a bank is faster than comparators for `streams` streams.

    It is faster if more rows are read than written and the bank stays in the L2 cache.
    """
    return streams > 1 << generator.width and bank_bytes(generator.width, length) <= _CACHED


def bank(generator: Generator, length: int) -> NDArray[np.uint64]:
    """Return the stream of every code of a generator.

    The eight most recently used banks are cached.

    Parameters
    ----------
    generator : Generator
    length : int
        Cycles from reset.

    Returns
    -------
    uint64 array ``[2^width + 1, ceil(length / 64)]``, read-only
        Row X is the stream of code X.

    Raises
    ------
    ValueError
        If the bank would take more than 16 MiB.

    Examples
    --------
    >>> from stochastic import Counter
    >>> bank(Counter(width=2), 4).tolist()
    [[0], [1], [3], [7], [15]]
    """
    size = bank_bytes(generator.width, length)
    if size > LARGEST_BANK:
        raise ValueError(
            f"a bank of {(1 << generator.width) + 1} streams of {length} bits takes {size} "
            f"bytes, more than {LARGEST_BANK}: use engine 'packed'"
        )
    return _bank(generator, length)


@lru_cache(maxsize=8)
def _bank(generator: Generator, length: int) -> NDArray[np.uint64]:
    streams = by_word(generator, length, np.arange((1 << generator.width) + 1))
    streams.flags.writeable = False
    return streams
