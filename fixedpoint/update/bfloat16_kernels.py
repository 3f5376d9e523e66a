"""Compiled loops of momentum SGD in bfloat16."""

from __future__ import annotations

import numpy as np

from ..bfloat16.kernels import add_with_word, float_of, pattern_of, round_finite, round_nearest
from ..kernels.compiled import compiled
from ..kernels.memory_views import array_at

__all__ = ["update_cycles", "update_slices", "update_tensor"]


@compiled
def _updated(gradient, momentum, weight, rate, factor, word, random):
    """Return momentum and weight after one update; see `Bfloat16MomentumSgdLanes`."""
    difference = round_finite(gradient - momentum)
    momentum = round_nearest(momentum + round_finite(difference * factor))
    learned = round_finite(rate * momentum)
    if random:
        return momentum, add_with_word(weight, -learned, word)
    return momentum, round_nearest(weight - learned)


@compiled
def update_cycles(enable, words, random, inputs, factor, registers, outputs):
    """Run `Bfloat16MomentumSgdLanes`; words are ``[cycles, lanes of the circuit]``."""
    load, rate, gradient, momentum_in, weight_in = inputs
    momentum, weight = registers
    lanes = words.shape[1]
    for t in range(len(enable)):
        for i in range(len(momentum)):
            outputs[0][t, i], outputs[1][t, i] = momentum[i], weight[i]
            if not enable[t]:
                continue
            circuit = i // lanes
            loaded = load[t, circuit] != 0
            c, w = _updated(
                float_of(gradient[t, i]),
                float_of(momentum_in[t, i] if loaded else momentum[i]),
                float_of(weight_in[t, i] if loaded else weight[i]),
                float_of(rate[t, circuit]),
                factor,
                words[t, i % lanes],
                random,
            )
            momentum[i], weight[i] = pattern_of(c), pattern_of(w)


@compiled(long_vectors=True)
def update_tensor(gradient, momentum, weight, rate, factor, words):
    """Update a tensor in place, as the circuit does if every element is loaded.

    Parameters
    ----------
    gradient : float32 array [n]
        Rounded to bfloat16 when it is read. A NaN must be exact in bfloat16.
    momentum : uint16 array [n]
        Patterns; overwritten.
    weight : float32 array [n]
        Numbers exact in bfloat16; overwritten.
    rate, factor : float32
        The learning rate, exact in bfloat16, and ``2**-decay_shift``.
    words : (uint16 array [rows, lanes], row)
        Words of 16 bits for stochastic rounding, and the first row to use; row 0 follows the
        last row. Without rows, weights are rounded to nearest.
    """
    table, row = words
    if len(table) == 0:
        for i in range(len(gradient)):
            g, c = round_finite(gradient[i]), float_of(momentum[i])
            c, weight[i] = _updated(g, c, weight[i], rate, factor, np.uint32(0), False)
            momentum[i] = pattern_of(c)
        return
    flat = table.reshape(-1)
    first, begin = row * table.shape[1], 0
    while begin < len(gradient):
        size = min(len(flat) - first, len(gradient) - begin)
        words_part, part = flat[first : first + size], slice(begin, begin + size)
        g_part, c_part, w_part = gradient[part], momentum[part], weight[part]
        for i in range(size):
            g, c = round_finite(g_part[i]), float_of(c_part[i])
            c, w_part[i] = _updated(g, c, w_part[i], rate, factor, words_part[i], True)
            c_part[i] = pattern_of(c)
        first, begin = 0, begin + size


@compiled(long_vectors=True)
def update_slices(slices, factor, words):
    """Update slices of tensors in place.

    Parameters
    ----------
    slices : array [n] of `TENSOR_SLICE`
        In the order of the update; rates are patterns.
    factor, words
        As for `update_tensor`, with the row of the first slice.
    """
    table, row = words
    for n in range(len(slices)):
        piece = slices[n]
        elapsed = piece.position - slices[0].position
        update_tensor(
            array_at(piece.gradient, piece.size, np.float32),
            array_at(piece.momentum, piece.size, np.uint16),
            array_at(piece.weight, piece.size, np.float32),
            float_of(piece.rate),
            factor,
            (table, (row + elapsed) % max(1, len(table))),
        )
