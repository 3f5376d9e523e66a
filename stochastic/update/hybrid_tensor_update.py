"""Hybrid momentum SGD of whole tensors, without simulating single cycles."""

from __future__ import annotations

import numpy as np

from fixedpoint.kernels.compiled import compiled
from fixedpoint.update.tensor_slices import array_at

from .strided_words import strided_rows

__all__ = ["update_hybrid_slices", "update_hybrid_tensor"]

# Number of elements processed at a time, so that they stay in the L1 cache.
BLOCK_SIZE = 1 << 11
# Cycles of a step up to which counts of samples fit 16 bits.
MOST_CYCLES = 1 << 14


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

    Notes
    -----
    In a step of several cycles the momentum stays, so that all samples of an element have one
    sign. Weights that are farther from their ends than all cycles can move them move at once,
    by the number of samples other than 0.
    """
    g, scale = gradient
    c, rule = momentum
    w, unit, rate, low, high = weight
    rows, row = words
    lanes = rows.shape[1]
    block_groups = max(1, BLOCK_SIZE // lanes)
    magnitudes = np.empty(block_groups * lanes, c.dtype)
    counts = np.empty(block_groups * lanes, c.dtype)
    reach = rate * w.dtype.type(cycles_per_step)
    begin = 0
    while begin < len(c):
        groups = min(block_groups, -(-(len(c) - begin) // lanes))
        if cycles_per_step == 1:
            groups = min(groups, len(rows) - row)
        end = min(begin + groups * lanes, len(c))
        counters = w[begin:end], unit, rate, low, high
        if cycles_per_step == 1:
            block_words = strided_rows(rows, row, 1, groups)
            _update_both(g[begin:end], scale, c[begin:end], rule, block_words, counters)
        else:
            # Where weights are inside, no cycle can bring them to an end.
            limits = unit, low + reach, high - reach
            block = magnitudes[: end - begin], counts[: end - begin]
            inside = _update_momenta(
                g[begin:end], scale, c[begin:end], rule, block[0], w[begin:end], limits
            )
            if inside and cycles_per_step <= MOST_CYCLES:
                _count_samples(block, rows, row, cycles_per_step)
                _move_weights(c[begin:end], block[1], counters)
            else:
                for cycle in range(cycles_per_step):
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
    """Compute the momenta and the only cycle of the weights.

    One loop reads the three arrays from memory together.
    """
    w, unit, rate, low, high = weight
    units = w.dtype.type(1) / unit
    factors = rule[0], rule[1], rule[2]
    for i in range(len(c)):
        c[i] = _next_momentum(g[i], scale, c[i], factors)
        w[i] = _next_weight(c[i], words[i], np.rint(w[i] * units), rate, low, high) * unit


@compiled
def _update_momenta(g, scale, c, rule, magnitudes, w, limits):
    """Compute the momenta and their magnitudes; return whether all weights are in a range.

    `limits` is the unit of the weights, and the ends of the range in units.
    """
    unit, low, high = limits
    units = w.dtype.type(1) / unit
    kind = c.dtype.type
    # In a loop of its own, the reads of the rule would keep it from vectors.
    factors = rule[0], rule[1], rule[2]
    outside = 0
    for i in range(len(c)):
        momentum = _next_momentum(g[i], scale, c[i], factors)
        c[i] = momentum
        magnitudes[i] = momentum if momentum > 0 else kind(-momentum)
        value = np.rint(w[i] * units)
        outside += (value < low) | (value > high)
    return outside == 0


@compiled
def _next_momentum(gradient, scale, momentum, factors):
    """Return a momentum after the first cycle of a step."""
    full_scale, gradient_factor, momentum_factor = factors
    exact = type(full_scale)
    code = exact(np.rint(gradient * scale))
    code = code if code < full_scale else full_scale
    code = code if code > -full_scale else -full_scale
    rounded = np.rint(code * gradient_factor + exact(momentum) * momentum_factor)
    return type(momentum)(rounded)


@compiled
def _count_samples(block, rows, row, cycles):
    """Count the samples other than 0 of each element, in all cycles.

    `block` is two arrays: the magnitudes of the momenta, and the counts, which are overwritten.
    """
    magnitudes, counts = block
    counts[:] = 0
    lanes = rows.shape[1]
    for begin in range(0, len(counts), lanes):
        size = min(lanes, len(counts) - begin)
        magnitude, count = magnitudes[begin : begin + size], counts[begin : begin + size]
        for _ in range(cycles):
            words = rows[row]
            for lane in range(size):
                count[lane] += magnitude[lane] > words[lane]
            row = row + 1 if row + 1 < len(rows) else 0


@compiled
def _move_weights(c, counts, weight):
    """Move weights by the counted samples, which have the signs of the momenta."""
    w, unit, rate, _, _ = weight
    real = w.dtype.type
    units = real(1) / unit
    for i in range(len(c)):
        samples = real(counts[i]) if c[i] > 0 else -real(counts[i])
        w[i] = (np.rint(w[i] * units) - rate * samples) * unit


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
