"""The hybrid lanes' update of whole tensors, without simulating cycles one by one."""

from __future__ import annotations

import numpy as np

from fixedpoint.compiled import compiled

from .lane_rows import every_row

__all__ = ["update_hybrid"]

# Elements that the kernels work on at a time: they stay in the L2 cache.
BLOCK = 1 << 14


@compiled
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
    most = max(1, BLOCK // lanes)
    begin = 0
    while begin < len(c):
        groups = min(most, -(-(len(c) - begin) // lanes))
        if cycles_per_step == 1:
            groups = min(groups, len(rows) - row)
        end = min(begin + groups * lanes, len(c))
        _move(g[begin:end], scale, c[begin:end], rule)
        for cycle in range(cycles_per_step):
            seen = every_row(rows, row + cycle, cycles_per_step, groups)
            _send(c[begin:end], seen, (w[begin:end], unit, rate, low, high))
        row = (row + groups * cycles_per_step) % len(rows)
        begin = end


@compiled
def _move(g, scale, c, rule):
    """Form the momenta: exact sums, rounded once."""
    exact, kind = rule.dtype.type, c.dtype.type
    full, share_of_g, share_of_c = rule[0], rule[1], rule[2]
    for i in range(len(c)):
        code = exact(np.rint(g[i] * scale))
        code = code if code < full else full
        code = code if code > -full else -full
        c[i] = kind(np.rint(code * share_of_g + exact(c[i]) * share_of_c))


@compiled
def _send(c, words, weight):
    """Do one cycle of the weight counters."""
    w, unit, rate, low, high = weight
    kind, real = c.dtype.type, w.dtype.type
    units, rest = real(1) / unit, real(0)
    for i in range(len(c)):
        value = np.rint(w[i] * units)
        value -= rate if c[i] > words[i] else rest
        value += rate if kind(-c[i]) > words[i] else rest
        w[i] = min(max(value, low), high) * unit
