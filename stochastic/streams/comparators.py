"""Comparators of generator words with codes, bit by bit and 64 cycles at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fixedpoint.kernels.compiled import compiled, deferred

from .packing import last_word, pack, word_count

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..generators.generator import Generator

__all__ = ["by_bit", "by_word", "sequence"]

(less_than,) = deferred("stochastic.streams.vector_instructions", "less_than")


def by_bit(generator: Generator, length: int, codes: NDArray[np.integer]) -> NDArray[np.uint64]:
    """Return the packed streams of unsigned codes; compare one cycle at a time."""
    words = generator.words(length).astype(np.int64)
    return pack(words < codes[..., None].astype(np.int64))


def by_word(
    generator: Generator, length: int, codes: NDArray[np.integer]
) -> NDArray[np.uint64]:
    """Return the packed streams of unsigned codes; compare 64 cycles at a time."""
    streams = np.empty((*codes.shape, word_count(length)), np.uint64)
    flat = np.ascontiguousarray(codes).reshape(-1)
    _compare(
        sequence(generator, length),
        flat,
        last_word(length),
        streams.reshape(len(flat), word_count(length)),
    )
    return streams


def sequence(generator: Generator, length: int) -> NDArray[np.unsignedinteger]:
    """Return the words of a generator, padded to a multiple of 64.

    The dtype is the narrowest unsigned one, so that an instruction compares more words.
    """
    bits = next(b for b in (8, 16, 32) if generator.width <= b)
    padded = np.zeros(64 * word_count(length), f"u{bits // 8}")
    padded[:length] = generator.words(length)
    return padded


@compiled
def _compare(sequence, codes, last, streams):
    count = streams.shape[1]
    for i in range(codes.size):
        code = np.uint64(codes[i])
        for w in range(count):
            streams[i, w] = less_than(sequence, np.uint64(64 * w), code)
        streams[i, count - 1] &= last
