"""What a cycle does with the bits of pixels and the counters of neurons."""

from __future__ import annotations

import numpy as np

from fixedpoint.kernels.compiled import compiled

__all__ = ["add_sums", "bits_below", "count_states"]


@compiled
def bits_below(word, codes, bits):
    """Write where a word is below the codes."""
    for i in range(codes.shape[0]):
        for k in range(codes.shape[1]):
            bits[i, k] = word < codes[i, k]


@compiled
def add_sums(sums, bias, counters):
    """Add the sums of a cycle and the biases to counters without limits."""
    for i in range(sums.shape[0]):
        for k in range(sums.shape[1]):
            counters[i, k] += sums[i, k] + np.int32(bias[k])


@compiled
def count_states(sums, bias, states, counters, bits):
    """Move saturating counters by the sums of a cycle, and write their output bits."""
    last, half = np.int32(states - 1), np.int32(states // 2)
    for i in range(sums.shape[0]):
        for k in range(sums.shape[1]):
            moved = counters[i, k] + sums[i, k] + np.int32(bias[k])
            moved = max(np.int32(0), min(moved, last))
            counters[i, k] = moved
            bits[i, k] = moved >= half
