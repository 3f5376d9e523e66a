"""Hybrid momentum SGD of whole tensors, without simulating single cycles."""

from __future__ import annotations

import numpy as np

from fixedpoint.kernels.compiled import compiled
from fixedpoint.update.tensor_slices import array_at

from .strided_words import strided_rows

__all__ = ["update_hybrid_slices", "update_hybrid_tensor"]

# Number of elements processed at a time, so that they stay in the L1 cache.
BLOCK_SIZE = 1 << 11


@compiled
def update_hybrid_tensor(gradient, momentum, weight, words, cycles_per_step):
    """Update one tensor in place.

    Parameters
    ----------
    gradient : (float32 array [n], scale)
        Finite values. The code of an element is ``rint(gradient * scale)``, clipped to full
        scale.
    momentum : (signed array [n], float array [3])
        C, overwritten, and `HybridMomentumSgdLanes.momentum_rule`.
    weight : (float array [n], unit, rate, low, high)
        W times its unit, rounded to whole units and overwritten; the rate and the range of W
        in units, all in the array's dtype.
    words : (signed array [rows, lanes], row)
        R as the lanes see it, and the first row. Row 0 follows the last row.
    cycles_per_step : int
    """
    g, scale = gradient
    c, rule = momentum
    w, unit, rate, low, high = weight
    rows, row = words
    lanes = rows.shape[1]
    block_groups = max(1, BLOCK_SIZE // lanes)
    begin = 0
    while begin < len(c):
        groups = min(block_groups, -(-(len(c) - begin) // lanes))
        if cycles_per_step == 1:
            groups = min(groups, len(rows) - row)
        end = min(begin + groups * lanes, len(c))
        counters = w[begin:end], unit, rate, low, high
        block_words = strided_rows(rows, row, cycles_per_step, groups)
        _update_both(g[begin:end], scale, c[begin:end], rule, block_words, counters)
        for cycle in range(1, cycles_per_step):
            block_words = strided_rows(rows, row + cycle, cycles_per_step, groups)
            _update_weights(c[begin:end], block_words, counters)
        row = (row + groups * cycles_per_step) % len(rows)
        begin = end


@compiled
def update_hybrid_slices(slices, rule, weight_scale, words, cycles_per_step):
    """Update many slices in place.

    Parameters
    ----------
    slices : array [n] of `TENSOR_SLICE`
        In the order of the update. Gradients are finite; momenta have the dtype of the words.
    rule : float array [3]
        `HybridMomentumSgdLanes.momentum_rule`.
    weight_scale : (unit, low, high)
        Of the weights, as in `update_hybrid_tensor`.
    words, cycles_per_step
        As in `update_hybrid_tensor`; the row is that of the first slice.
    """
    unit, low, high = weight_scale
    rows, row = words
    for n in range(len(slices)):
        tensor_slice = slices[n]
        size = tensor_slice.size
        elapsed = tensor_slice.position - slices[0].position
        w = array_at(tensor_slice.weight, size, np.float32)
        update_hybrid_tensor(
            (array_at(tensor_slice.gradient, size, np.float32), tensor_slice.factor),
            (array_at(tensor_slice.momentum, size, rows.dtype.type), rule),
            (w, unit, np.float32(tensor_slice.rate), low, high),
            (rows, (row + elapsed) % len(rows)),
            cycles_per_step,
        )


@compiled
def _update_both(g, scale, c, rule, words, weight):
    """Compute the momenta, exact sums rounded once, and the first cycle of the weights.

    One loop reads the three arrays from memory together.
    """
    w, unit, rate, low, high = weight
    exact, kind, real = rule.dtype.type, c.dtype.type, w.dtype.type
    full_scale, gradient_factor, momentum_factor = rule[0], rule[1], rule[2]
    units = real(1) / unit
    for i in range(len(c)):
        code = exact(np.rint(g[i] * scale))
        code = code if code < full_scale else full_scale
        code = code if code > -full_scale else -full_scale
        c[i] = kind(np.rint(code * gradient_factor + exact(c[i]) * momentum_factor))
        w[i] = _next_weight(c[i], words[i], np.rint(w[i] * units), rate, low, high) * unit


@compiled
def _update_weights(c, words, weight):
    """Compute one further cycle of the weight counters."""
    w, unit, rate, low, high = weight
    units = w.dtype.type(1) / unit
    for i in range(len(c)):
        w[i] = _next_weight(c[i], words[i], np.rint(w[i] * units), rate, low, high) * unit


@compiled
def _next_weight(momentum, word, value, rate, low, high):
    """Return a weight in units after one cycle."""
    zero = type(value)(0)
    value -= rate if momentum > word else zero
    value += rate if type(momentum)(-momentum) > word else zero
    value = value if value < high else high
    return value if value > low else low
