"""The hybrid lanes' update of whole tensors, without simulating cycles one by one."""

from __future__ import annotations

import numpy as np

from fixedpoint.kernels.compiled import compiled
from fixedpoint.update.tensor_slices import array_at

from .lane_rows import every_row

__all__ = ["update_hybrid", "update_hybrid_pieces"]

# Elements that the kernels work on at a time: they stay in the L1 cache.
BLOCK = 1 << 11


@compiled
def update_hybrid(gradient, momentum, weight, words, cycles_per_step):
    """Update one tensor in place.

    Parameters
    ----------
    gradient : (float32 array [n], scale)
        Finite values; an element's code is ``rint(gradient * scale)``, and full scale where
        it is larger.
    momentum : (signed array [n], float array [3])
        C, written; and `HybridMomentumSgdLanes.momentum_rule`.
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
        counters = w[begin:end], unit, rate, low, high
        seen = every_row(rows, row, cycles_per_step, groups)
        _move(g[begin:end], scale, c[begin:end], rule, seen, counters)
        for cycle in range(1, cycles_per_step):
            seen = every_row(rows, row + cycle, cycles_per_step, groups)
            _send(c[begin:end], seen, counters)
        row = (row + groups * cycles_per_step) % len(rows)
        begin = end


@compiled
def update_hybrid_pieces(pieces, rule, numbers, words, cycles_per_step):
    """Update many pieces in place.

    Parameters
    ----------
    pieces : array [n] of `TENSOR_SLICE`
        One after another in the order of the update; their gradients are finite, and their
        momenta of the type of the words.
    rule : float array [3]
        `HybridMomentumSgdLanes.momentum_rule`.
    numbers : (unit, low, high)
        Of the weights, as for `update_hybrid`.
    words, cycles_per_step
        As for `update_hybrid`; the row where the first piece begins.
    """
    unit, low, high = numbers
    rows, row = words
    for n in range(len(pieces)):
        piece = pieces[n]
        size = piece.size
        on = piece.position - pieces[0].position
        w = array_at(piece.weight, size, np.float32)
        update_hybrid(
            (array_at(piece.gradient, size, np.float32), piece.factor),
            (array_at(piece.momentum, size, rows.dtype.type), rule),
            (w, unit, np.float32(piece.rate), low, high),
            (rows, (row + on) % len(rows)),
            cycles_per_step,
        )


@compiled
def _move(g, scale, c, rule, words, weight):
    """Form the momenta, exact sums rounded once, and do the first cycle of the weights.

    In one pass, so that the three arrays come from memory side by side.
    """
    w, unit, rate, low, high = weight
    exact, kind, real = rule.dtype.type, c.dtype.type, w.dtype.type
    full, share_of_g, share_of_c = rule[0], rule[1], rule[2]
    units = real(1) / unit
    for i in range(len(c)):
        code = exact(np.rint(g[i] * scale))
        code = code if code < full else full
        code = code if code > -full else -full
        c[i] = kind(np.rint(code * share_of_g + exact(c[i]) * share_of_c))
        w[i] = _moved(c[i], words[i], np.rint(w[i] * units), rate, low, high) * unit


@compiled
def _send(c, words, weight):
    """Do one further cycle of the weight counters."""
    w, unit, rate, low, high = weight
    units = w.dtype.type(1) / unit
    for i in range(len(c)):
        w[i] = _moved(c[i], words[i], np.rint(w[i] * units), rate, low, high) * unit


@compiled
def _moved(momentum, word, value, rate, low, high):
    """Return what one cycle makes of a weight in units."""
    still = type(value)(0)
    value -= rate if momentum > word else still
    value += rate if type(momentum)(-momentum) > word else still
    value = value if value < high else high
    return value if value > low else low
