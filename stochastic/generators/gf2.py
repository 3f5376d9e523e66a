"""Linear maps over GF(2), with vectors as integers: for LFSRs and digital sequences."""

from __future__ import annotations

import functools
import math
import operator
from typing import TYPE_CHECKING

import numpy as np

from fixedpoint.kernels.compiled import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["advance", "digital_words", "logarithm", "orbit"]

# A map of n-bit vectors is an array of n columns: column i is the image of 1 << i.


@compiled
def _image(columns, vector):
    image = np.uint32(0)
    for i in range(len(columns)):
        if (vector >> i) & 1:
            image ^= columns[i]
    return image


@compiled
def _orbit(columns, state, count):
    states = np.empty(count, np.uint32)
    for i in range(count):
        states[i] = state
        state = _image(columns, state)
    return states


@compiled
def _digital_words(columns, start, words):
    # The word of t is linear in the bits of t, so a block of words is one table under XOR.
    bits = min(10, len(columns))
    size = 1 << bits
    table = np.zeros(size, np.uint32)
    for i in range(bits):
        for low in range(1 << i):
            table[(1 << i) + low] = table[low] ^ columns[i]
    done = 0
    while done < len(words):
        t = start + done
        low = t & (size - 1)
        count = min(size - low, len(words) - done)
        base = _image(columns, t - low)
        for i in range(count):
            words[done + i] = base ^ table[low + i]
        done += count


# The first kernel of a process takes half a second to load. Up to these many words or states
# plain Python is used, for example to compare generators at start-up.
FEW = 16
FEW_STATES = 256


def advance(columns: NDArray[np.uint32], state: int, steps: int) -> int:
    """Return the state that the map reaches from `state` after `steps` steps, 0 or more."""
    first = tuple(columns.tolist())
    for k in range(steps.bit_length()):
        if steps >> k & 1:
            state = _applied(_squared(first, k), state)
    return state


def _applied(columns: tuple[int, ...], vector: int) -> int:
    """Return the image of a vector, in plain Python."""
    ones = (column for i, column in enumerate(columns) if vector >> i & 1)
    return functools.reduce(operator.xor, ones, 0)


@functools.lru_cache(maxsize=1024)
def _squared(columns: tuple[int, ...], times: int) -> tuple[int, ...]:
    """Return the columns of the map squared `times` times."""
    if times == 0:
        return columns
    root = _squared(columns, times - 1)
    return tuple(_applied(root, column) for column in root)


def orbit(columns: NDArray[np.uint32], state: int, count: int) -> NDArray[np.uint32]:
    """Return `state` and the ``count - 1`` states after it."""
    if count > FEW_STATES:
        return _orbit(columns, np.uint32(state), count)
    states, few = np.empty(count, np.uint32), tuple(columns.tolist())
    for i in range(count):
        states[i] = state
        state = _applied(few, state)
    return states


def digital_words(columns: NDArray[np.uint32], n: int, start: int) -> NDArray[np.uint32]:
    """Return `n` words of a digital sequence: word t is the XOR of the columns at t's ones.

    Bits of t above the last column are ignored, so the period is ``2^len(columns)``.
    """
    words = np.empty(n, np.uint32)
    if n > FEW:
        _digital_words(columns, start, words)
        return words
    few = tuple(columns.tolist())
    for t in range(n):
        words[t] = _applied(few, start + t)
    return words


def logarithm(columns: NDArray[np.uint32], start: int, target: int, period: int) -> int:
    """Return the number of steps, ``0 .. period - 1``, from `start` to `target`.

    All states reached from `start` form one cycle of `period`, and `target` is one of them.
    The algorithm is baby-step giant-step, with sqrt(period) steps of each kind.
    """
    stride = math.isqrt(period) + 1
    images = [advance(columns, 1 << i, period - stride) for i in range(len(columns))]
    back = np.array(images, np.uint32)
    babies = orbit(columns, start, stride)
    giants = orbit(back, target, stride)
    _, baby, giant = np.intersect1d(babies, giants, return_indices=True)
    return int(giant[0] * stride + baby[0]) % period
