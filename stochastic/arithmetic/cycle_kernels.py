"""Compiled loops that count the ones of many streams in each cycle."""

from __future__ import annotations

import numpy as np

from fixedpoint.kernels.compiled import compiled, deferred

__all__ = ["MOST_ROWS", "count_cycles"]

add_eight_digits, add_sixteen_ands, add_sixteen_xors, plane_numbers, sum_of_eight = deferred(
    "stochastic.streams.carry_save",
    "add_eight_digits",
    "add_sixteen_ands",
    "add_sixteen_xors",
    "plane_numbers",
    "sum_of_eight",
)

# Numbers of 16 binary digits are counted at once.
MOST_ROWS = 65520
# Blocks that stay in the L1 cache: rows of both operands, and vectors of eight columns.
ROWS, VECTORS, BATCH = 128, 4, 32
# Binary digits of a count.
DIGITS = 16


@compiled(long_vectors=True)
def count_cycles(x, w, xor, words, length, counts):
    """Add the ones of x AND w, or of x XOR w, over all rows to the count of each cycle.

    Parameters
    ----------
    x : uint64 array ``[batch, rows, period]``
        `period` is a multiple of 8 and of `words`: the stream, repeated. The number of rows
        is a multiple of 16, at most `MOST_ROWS`; added rows are 0.
    w : uint64 array ``[rows or fewer, columns]``
        A stream is `words` columns.
    xor : bool
    words, length : int
    counts : int32 array ``[batch, columns // words, length]``
    """
    batch, rows, period = x.shape
    columns, streams = w.shape[1], counts.shape[1]
    every = counts.reshape(-1)
    given = x.reshape(-1)
    size, eight = np.uint64(period), np.uint64(8)
    vectors = -(-columns // 8)
    local = np.zeros((VECTORS, ROWS, 8), np.uint64)
    block = local.reshape(-1)
    totals = np.zeros(BATCH * VECTORS * DIGITS * 8, np.uint64)
    digits, carries = np.zeros(64, np.uint64), np.zeros(64, np.uint64)
    low, high = digits[:32], digits[32:]
    numbers = np.zeros(64, np.int32)
    for b0 in range(0, batch, BATCH):
        here = min(BATCH, batch - b0)
        for v0 in range(0, vectors, VECTORS):
            side = min(VECTORS, vectors - v0)
            totals[:] = np.uint64(0)
            for k0 in range(0, rows, ROWS):
                most = min(ROWS, rows - k0)
                for v in range(side):
                    _copy_rows(w, k0, most, 8 * (v0 + v), local[v])
                for b in range(here):
                    for v in range(side):
                        low[:] = np.uint64(0)
                        carries[:] = np.uint64(0)
                        phase = 8 * (v0 + v) % period
                        first = np.uint64(((b0 + b) * rows + k0) * period + phase)
                        second = np.uint64(8 * ROWS * v)
                        for k in range(0, most, 16):
                            i = first + np.uint64(k) * size
                            j = second + np.uint64(k) * eight
                            place = np.uint64(k >> 1)
                            if xor:
                                add_sixteen_xors(
                                    given, i, size, block, j, eight, low, carries, place
                                )
                            else:
                                add_sixteen_ands(
                                    given, i, size, block, j, eight, low, carries, place
                                )
                        sum_of_eight(carries, high)
                        add_eight_digits(
                            totals, np.uint64((b * VECTORS + v) * DIGITS * 8), digits
                        )
            for b in range(here):
                for v in range(side):
                    for g in range(8):
                        column = 8 * (v0 + v) + g
                        place = np.uint64((b * VECTORS + v) * DIGITS * 8 + g)
                        if column < columns:
                            stream, begin = column // words, column % words * 64
                            if begin + 64 <= length:
                                position = ((b0 + b) * streams + stream) * length + begin
                                plane_numbers(totals, place, eight, every, np.uint64(position))
                                continue
                            numbers[:] = 0
                            plane_numbers(totals, place, eight, numbers, np.uint64(0))
                            target = counts[b0 + b, stream]
                            for t in range(length - begin):
                                target[begin + t] += numbers[t]


@compiled(inline=True)
def _copy_rows(w, k0, most, column, local):
    """Copy eight columns of some rows; zeros stand past the end of the array."""
    width = min(8, w.shape[1] - column)
    held = max(0, min(most, w.shape[0] - k0))
    if held < most or width < 8:
        local[:] = np.uint64(0)
    for k in range(held):
        source = w[k0 + k, column : column + width]
        for g in range(width):
            local[k, g] = source[g]
