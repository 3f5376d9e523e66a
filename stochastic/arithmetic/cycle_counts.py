"""The count of every cycle behind K gates: what a parallel counter shows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from fixedpoint.circuit import check_flag

from ..streams.bitstream import Bitstream
from ..streams.independence import require_independent
from ..streams.operands import check_streams
from .cycle_kernels import MOST_ROWS, count_cycles

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["cycle_counts", "ones_of_cycles"]


def cycle_counts(x: Bitstream, w: Bitstream, *, correlated: bool = False) -> NDArray[np.int32]:
    """Multiply streams and count the products' ones of every cycle.

    This is the matrix product of streams before any accumulation: the count that a parallel
    counter behind K gates shows in each cycle. Saturating adders and neurons by state machines
    need it. `matmul` gives the sums over all cycles. Every stream may have a sequence of its
    own.

    Parameters
    ----------
    x : Bitstream ``[..., K]``
    w : Bitstream ``[K, J]``
        Of the length and encoding of `x`. The gate is AND for unipolar, XNOR for bipolar
        streams, and AND with XOR of the signs for sign-magnitude ones.
    correlated : bool
        Allow operands of one sequence.

    Returns
    -------
    int32 array ``[..., J, N]``
        The ones among K product bits, 0..K, time along the last axis; for sign-magnitude the
        positive minus the negative ones, -K..K. The sum of the K values in a cycle is
        ``counts`` if unipolar or sign-magnitude, and ``2 counts - K`` if bipolar.

    Raises
    ------
    TypeError, ValueError
        If an operand is no stream or an integral one; if lengths, encodings or shapes do not
        match; if a generator of `x` gives the same sequence as one of `w`.

    Examples
    --------
    >>> from stochastic import Bitstream
    >>> x = Bitstream.from_bits([[1, 1, 0, 0], [1, 0, 1, 0]], "unipolar")
    >>> w = Bitstream.from_bits([[[1, 1, 1, 1]], [[1, 1, 0, 0]]], "unipolar")
    >>> cycle_counts(x, w).tolist()
    [[2, 1, 0, 0]]
    """
    check_streams("cycle_counts", x, w)
    if x.streams is not None or w.streams is not None:
        raise ValueError("cycle_counts takes plain streams, not integral ones")
    if x.length != w.length:
        raise ValueError(
            f"cycle_counts takes streams of one length, not {x.length} and {w.length}"
        )
    if x.encoding != w.encoding:
        raise ValueError(
            f"cycle_counts takes streams of one encoding, not {x.encoding} and {w.encoding}"
        )
    if len(x.shape) < 1 or len(w.shape) != 2 or x.shape[-1] != w.shape[0]:
        raise ValueError(
            f"cycle_counts takes x [..., K] and w [K, J], not shapes {x.shape} and {w.shape}"
        )
    if not check_flag("cycle_counts correlated", correlated):
        require_independent("cycle_counts", x.generators, w.generators, x.length)
    first = x.words.reshape(math.prod(x.shape[:-1]), *x.words.shape[-2:])
    second, length = w.words, x.length
    if x.sign_words is None or w.sign_words is None:
        bipolar = x.encoding == "bipolar"
        # XNOR of a and b is XOR of NOT a and b.
        counts = ones_of_cycles(~first if bipolar else first, second, bipolar, length)
    else:
        # x w = x+ w+ + x- w- - x+ w- - x- w+.
        signs = x.sign_words.reshape(first.shape)
        split = np.concatenate([first & ~signs, first & signs], axis=1)
        plus, minus = second & ~w.sign_words, second & w.sign_words
        counts = ones_of_cycles(split, np.concatenate([plus, minus]), False, length)
        counts -= ones_of_cycles(split, np.concatenate([minus, plus]), False, length)
    return counts.reshape(*x.shape[:-1], *counts.shape[1:])


def ones_of_cycles(
    x: NDArray[np.uint64], w: NDArray[np.uint64], xor: bool, length: int
) -> NDArray[np.int32]:
    """Count the ones of every cycle behind K gates AND, or XOR.

    Parameters
    ----------
    x : uint64 array ``[batch, K, words]``
        Packed streams, whose bits past the length may have any value.
    w : uint64 array ``[K, J, words]``
    xor : bool
    length : int
        Cycles, more than ``64 (words - 1)`` and at most ``64 words``.

    Returns
    -------
    int32 array ``[batch, J, length]``
    """
    rows, outputs, words = w.shape
    counts = np.zeros((len(x), outputs, length), np.int32)
    if not counts.size:
        return counts
    columns = np.ascontiguousarray(w).reshape(rows, outputs * words)
    for k in range(0, rows, MOST_ROWS):
        part = columns[k : k + MOST_ROWS]
        # Vectors of eight columns of w meet these: the stream, as often as it takes.
        times = math.lcm(words, 8) // words
        here = np.zeros((len(x), -(-len(part) // 16) * 16, times, words), np.uint64)
        here[:, : len(part)] = x[:, k : k + len(part), None]
        here = here.reshape(*here.shape[:2], times * words)
        count_cycles(here, part, xor, words, length, counts)
    return counts
