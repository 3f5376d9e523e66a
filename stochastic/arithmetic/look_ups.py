"""Sums of products that are looked up in a table."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fixedpoint.kernels.compiled import compiled

__all__ = ["LARGEST_ENTRY", "look_up_sums"]

# Sums of a few entries are kept in 16 bits.
LARGEST_ENTRY = (1 << 16) - 1
# Columns at a time, so that their sums stay in the L1 cache.
BLOCK = 4096


def look_up_sums(
    x: NDArray[np.uint16], w: NDArray[np.uint16], tables: NDArray[np.uint16], most: int
) -> NDArray[np.int64]:
    """Return ``sum over k of tables[k % G, x[b, k], w[k, j]]``.

    Parameters
    ----------
    x : uint16 array ``[B, K]``
        Row numbers of the tables, which are not checked.
    w : uint16 array ``[K, J]``
        Column numbers.
    tables : uint16 array ``[G, rows, columns]``, C-contiguous
        G tables in turn.
    most : int
        The largest entry, or more; 1..65535.

    Returns
    -------
    int64 array ``[B, J]``

    Notes
    -----
    Four rows of a table are interleaved, so that one look-up of 64 bits gives four
    products. The rows are read again for every k and every four b.

    Examples
    --------
    >>> tables = np.array([[[0, 1], [2, 3]]], np.uint16)
    >>> x, w = np.array([[0, 1]], np.uint16), np.array([[0, 1, 1], [1, 0, 1]], np.uint16)
    >>> look_up_sums(x, w, tables, 3).tolist()
    [[3, 3, 4]]
    """
    rows = -(-len(x) // 4) * 4
    padded = np.zeros((rows, len(w)), x.dtype)
    padded[: len(x)] = x
    sums = np.zeros((rows, w.shape[1]), np.int64)
    _add_look_ups(padded, w, tables, LARGEST_ENTRY // most, sums)
    return sums[: len(x)]


@compiled
def _add_look_ups(x, w, tables, most, counts):
    """Look up four products at once: the rows of four x interleaved, 16 bits each.

    `most` is how many products a sum of 16 bits can hold. The number of rows of x is a
    multiple of 4.
    """
    inputs, outputs = w.shape
    columns = tables.shape[2]
    interleaved = np.empty(4 * columns, np.uint16)
    fours = interleaved.view(np.uint64)
    sums = np.empty(min(outputs, BLOCK), np.uint64)
    low = np.uint64(65535)
    for j0 in range(0, outputs, BLOCK):
        size = min(BLOCK, outputs - j0)
        for b in range(0, counts.shape[0], 4):
            for k0 in range(0, inputs, most):
                sums[:] = 0
                for k in range(k0, min(k0 + most, inputs)):
                    table = tables[k % len(tables)]
                    r0, r1 = table[x[b, k]], table[x[b + 1, k]]
                    r2, r3 = table[x[b + 2, k]], table[x[b + 3, k]]
                    for c in range(columns):
                        interleaved[4 * c] = r0[c]
                        interleaved[4 * c + 1] = r1[c]
                        interleaved[4 * c + 2] = r2[c]
                        interleaved[4 * c + 3] = r3[c]
                    codes = w[k, j0 : j0 + size]
                    for j in range(size):
                        sums[j] += fours[codes[j]]
                for j in range(size):
                    counts[b, j0 + j] += np.int64(sums[j] & low)
                    counts[b + 1, j0 + j] += np.int64((sums[j] >> np.uint64(16)) & low)
                    counts[b + 2, j0 + j] += np.int64((sums[j] >> np.uint64(32)) & low)
                    counts[b + 3, j0 + j] += np.int64(sums[j] >> np.uint64(48))
