"""Matrix products of streams."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from fixedpoint.kernels.compiled import compiled, deferred

from ..streams.codes import operand_codes, unsigned
from ..streams.comparators import by_bit, by_word
from ..streams.count_table import count_table
from ..streams.packing import unpack, word_count
from ..streams.stream_bank import bank, bank_pays
from .look_ups import look_up_sums
from .product_counts import check_operation, pays_table

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from ..generators.generator import Generator

__all__ = ["matmul"]

(ones,) = deferred("stochastic.streams.vector_instructions", "ones")


def matmul(
    x: ArrayLike,
    w: ArrayLike,
    generators: tuple[Generator, Generator],
    length: int = 256,
    encoding: str = "bipolar",
    engine: str = "auto",
    *,
    correlated: bool = False,
) -> NDArray[np.int64]:
    """Encode two matrices, multiply their streams, and count each dot product's ones.

    The result is the exact count of a parallel counter behind K gates after `length` cycles.

    Parameters
    ----------
    x : array ``[..., K]`` of float, or of integer
        Real values, or codes if the dtype is integer.
    w : array ``[K, J]`` of float, or of integer
    generators : pair of Generator
        One for all of `x`, one for all of `w`.
    length : int
        Cycles, N, 1..2^31 - 1.
    encoding : {"unipolar", "bipolar", "sign-magnitude"}
        The gate is AND, XNOR, or AND with XOR of the signs.
    engine : {"auto", "bit", "packed", "table"}
        All engines give the same counts. "bit" takes one cycle at a time, "packed" 64 cycles,
        and "table" looks up `count_table`. Banks and tables are cached.
    correlated : bool
        Allow two generators of one sequence.

    Returns
    -------
    int64 array ``[..., J]``
        The ones of K products of N bits, 0..K * N; for sign-magnitude the positive minus the
        negative ones. As a real number the dot product is ``counts / N`` if unipolar or
        sign-magnitude, and ``(2 counts - K N) / N`` if bipolar.

    Raises
    ------
    TypeError, ValueError
        If a value is NaN, out of range or not a real number; if the shapes do not match; if
        both generators give the same sequence; if the table is too large.

    Examples
    --------
    >>> from stochastic import Sobol
    >>> pair = Sobol(width=8, dimension=0), Sobol(width=8, dimension=1)
    >>> counts = matmul([[0.5, -0.25]], [[1.0], [0.5]], pair, length=256)
    >>> ((2 * counts - 2 * 256) / 256).tolist()
    [[0.375]]
    """
    generators, length = check_operation(
        "matmul", generators, length, encoding, engine, correlated
    )
    first, second = (
        operand_codes(m, g.width, encoding) for m, g in zip((x, w), generators, strict=True)
    )
    if first.ndim < 1 or second.ndim != 2 or first.shape[-1] != len(second):
        raise ValueError(
            f"matmul takes x [..., K] and w [K, J], not shapes {first.shape} and {second.shape}"
        )
    shape = *first.shape[:-1], second.shape[1]
    first = np.ascontiguousarray(first).reshape(math.prod(shape[:-1]), len(second))
    second = np.ascontiguousarray(second)
    if encoding != "sign-magnitude":
        return _counts(first, second, generators, length, encoding, engine).reshape(shape)
    # Split into positive and negative parts: x w = x+ w+ + x- w- - x+ w- - x- w+.
    first, second = (
        unsigned(np.concatenate([np.maximum(m, 0), np.maximum(-m, 0)], axis), g.width)
        for axis, (m, g) in enumerate(zip((first, second), generators, strict=True))
    )
    parts = _counts(first, second, generators, length, encoding, engine)
    (pp, pn), (np_, nn) = (np.split(half, 2, axis=1) for half in np.split(parts, 2))
    return (pp + nn - pn - np_).reshape(shape)


def _counts(x, w, generators, length, encoding, engine):
    """Count the ones of unsigned codes ``[B, K]`` and ``[K, J]``."""
    bipolar = encoding == "bipolar"
    counts = np.zeros((len(x), w.shape[1]), np.int64)
    if not counts.size or not len(w):
        return counts
    if engine == "bit":
        first, second = (
            unpack(by_bit(g, length, c), length).astype(np.int64)
            for g, c in zip(generators, (x, w), strict=True)
        )
        for t in range(length):
            counts += first[..., t] @ second[..., t]
            if bipolar:
                counts += (1 - first[..., t]) @ (1 - second[..., t])
    elif engine == "table" or (
        engine == "auto" and pays_table(generators, length, counts.size * len(w))
    ):
        table = count_table(generators, length, encoding)
        # Four interleaved rows are faster if enough look-ups share them and their 16-bit
        # sums rarely need to be flushed.
        if table.dtype == np.uint16 and length < 1 << 12 and table.shape[1] < 8 * w.shape[1]:
            return look_up_sums(x, w, table[None], length)
        _from_rows(x, w, table, counts)
    else:
        for k in _slices(x, w, generators, length):
            (left, i), (right, j) = (
                _streams(m, g, length) for m, g in zip((x[:, k], w[k]), generators, strict=True)
            )
            _from_streams(left, i, right, j, bipolar, counts)
        if bipolar:
            counts = len(w) * length - counts
    return counts


_LARGEST_STREAMS = 1 << 25


def _slices(x, w, generators, length):
    """Split K so that the streams of a slice fit in 32 MiB where there is no bank."""
    streams = sum(
        m.size // len(w)
        for m, g in zip((x, w), generators, strict=True)
        if not bank_pays(g, length, m.size)
    )
    step = max(1, _LARGEST_STREAMS // max(1, 8 * word_count(length) * streams))
    return (slice(k, k + step) for k in range(0, len(w), step))


def _streams(codes, generator, length):
    """Return streams ``[rows, words]`` and for each code the row that is its stream.

    The number of words is a multiple of four. Added words are zero and add no ones.
    """
    if bank_pays(generator, length, codes.size):
        rows, index = bank(generator, length), codes
    else:
        rows = by_word(generator, length, codes.reshape(-1))
        index = np.arange(codes.size).reshape(codes.shape)
    if rows.shape[1] % 4:
        rows = np.pad(rows, ((0, 0), (0, -rows.shape[1] % 4)))
    # One dtype and one mutability, so that one kernel is compiled.
    rows.flags.writeable = False
    return rows, index.astype(np.uint32)


_BATCH, _OUTPUTS = 32, 128


@compiled
def _from_streams(left, x, right, w, xor, counts):
    """Add the ones of AND or XOR, in blocks that stay in the L1 cache."""
    batch, outputs = counts.shape
    inputs, words = w.shape[0], left.shape[1]
    planes = np.empty((4, _OUTPUTS), np.uint64)
    p0, p1, p2, p3 = planes[0], planes[1], planes[2], planes[3]
    for b0 in range(0, batch, _BATCH):
        for j0 in range(0, outputs, _OUTPUTS):
            size = min(_OUTPUTS, outputs - j0)
            for v in range(0, words, 4):
                for k in range(inputs):
                    # Transposed, so that a vector holds one word of adjacent outputs.
                    for j in range(size):
                        stream = right[w[k, j0 + j]]
                        p0[j], p1[j] = stream[v], stream[v + 1]
                        p2[j], p3[j] = stream[v + 2], stream[v + 3]
                    for b in range(b0, min(b0 + _BATCH, batch)):
                        stream = left[x[b, k]]
                        r0, r1 = stream[v], stream[v + 1]
                        r2, r3 = stream[v + 2], stream[v + 3]
                        sums = counts[b, j0 : j0 + size]
                        if xor:
                            for j in range(size):
                                sums[j] += np.int64(
                                    ones(r0 ^ p0[j])
                                    + ones(r1 ^ p1[j])
                                    + ones(r2 ^ p2[j])
                                    + ones(r3 ^ p3[j])
                                )
                        else:
                            for j in range(size):
                                sums[j] += np.int64(
                                    ones(r0 & p0[j])
                                    + ones(r1 & p1[j])
                                    + ones(r2 & p2[j])
                                    + ones(r3 & p3[j])
                                )


@compiled
def _from_rows(x, w, table, counts):
    """Look up every product: one row of the table serves all outputs."""
    for b in range(counts.shape[0]):
        sums = counts[b]
        for k in range(w.shape[0]):
            row = table[x[b, k]]
            codes = w[k]
            for j in range(sums.size):
                sums[j] += np.int64(row[codes[j]])
