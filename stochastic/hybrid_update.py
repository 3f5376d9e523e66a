"""The hybrid lanes' update of whole tensors, without simulating cycles one by one."""

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = ["update_hybrid"]

# Elements times cycles that the kernels work on at a time: they stay in the L2 cache.
BLOCK = 1 << 15


@njit(cache=True, nogil=True)
def update_hybrid(gradient, momentum, weight, words, cycles_per_step):
    """Update one tensor in place.

    Parameters
    ----------
    gradient : (float32 array [n], scale)
        Finite values; an element's code is ``rint(gradient * scale)``, and full scale where
        it is larger.
    momentum : (signed array [n], float array [3])
        C, written; and `HybridMomentumSgd.momentum_rule`.
    weight : (float array [n], unit, rate, low, high)
        W times its unit; the rate and the range of W in units, all in the array's type;
        rounded to whole units and written.
    words : (signed array [rows, lanes], row)
        R as the lanes see it; where to begin. After the last row comes row 0 again.
    cycles_per_step : int
    """
    g, scale = gradient
    c, rule = momentum
    w, unit, rate, low, high = weight
    rows, row = words
    lanes = rows.shape[1]
    most = max(1, BLOCK // (lanes * cycles_per_step))
    begin = 0
    while begin < len(c):
        groups = min(most, -(-(len(c) - begin) // lanes))
        if cycles_per_step == 1:
            groups = min(groups, len(rows) - row)
        end = min(begin + groups * lanes, len(c))
        _move(g[begin:end], scale, c[begin:end], rule)
        for cycle in range(cycles_per_step):
            seen = _every(rows, row + cycle, cycles_per_step, groups)
            _send(c[begin:end], seen, w[begin:end], unit, rate, low, high)
        row = (row + groups * cycles_per_step) % len(rows)
        begin = end


@njit(cache=True, nogil=True)
def _every(words, row, step, count):
    """Return every `step`-th row, side by side."""
    if step == 1:
        return words[row : row + count].reshape(-1)
    out = np.empty((count, words.shape[1]), words.dtype)
    for i in range(count):
        out[i] = words[(row + i * step) % len(words)]
    return out.reshape(-1)


@njit(cache=True, nogil=True)
def _move(g, scale, c, rule):
    """Form the momenta; the sums are exact, and rounded once."""
    real, kind = rule.dtype.type, c.dtype.type
    full, share_of_g, share_of_c = rule[0], rule[1], rule[2]
    for i in range(len(c)):
        code = real(np.rint(g[i] * scale))
        code = code if code < full else full
        code = code if code > -full else -full
        c[i] = kind(np.rint(code * share_of_g + real(c[i]) * share_of_c))


@njit(cache=True, nogil=True)
def _send(c, words, w, unit, rate, low, high):
    """Do one cycle of the weight counters."""
    kind, real = c.dtype.type, w.dtype.type
    units = real(1) / unit
    for i in range(len(c)):
        S = kind(c[i] > words[i]) - kind(kind(-c[i]) > words[i])
        value = np.rint(w[i] * units) - rate * real(S)
        value = value if value < high else high
        value = value if value > low else low
        w[i] = value * unit
