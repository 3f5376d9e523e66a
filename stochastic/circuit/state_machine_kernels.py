"""Compiled loops of saturating state machines."""

from __future__ import annotations

import numpy as np

from fixedpoint.kernels.compiled import compiled

from .bit_slices import GROUPS, load_slices, store_slices

__all__ = ["count_up_down", "run_bit_sliced", "run_cycles"]


@compiled
def run_cycles(enable, rows, moves, outputs, state, results):
    """Run state machines cycle by cycle; ``rows [cycles, lanes]`` are rows of the tables."""
    last = moves.shape[1] - 1
    cycles, lanes = rows.shape
    for t in range(cycles):
        for lane in range(lanes):
            row, now = rows[t, lane], state[lane]
            for i in range(len(outputs)):
                results[i, t, lane] = outputs[i, row, now]
            if enable[t]:
                state[lane] = max(0, min(now + moves[row, now], last))


@compiled(long_vectors=True)
def run_bit_sliced(streams, length, planes, initial, nodes, roots, results):
    """Run state machines on packed streams, 64 streams a word.

    ``streams [inputs, lanes, words]`` and ``results [outputs, lanes, words]`` have 64 cycles
    a word. In between, bit r of a word belongs to stream r of its 64, and the state is
    `planes` such words. `nodes` and `roots` are a `decision_diagram` of: up, down, outputs.
    """
    inputs, lanes, words = streams.shape
    ones = np.uint64(0xFFFFFFFFFFFFFFFF)
    variables = np.zeros((planes + inputs, GROUPS), np.uint64)
    values = np.zeros((len(nodes), GROUPS), np.uint64)
    values[1] = ones
    blocks = np.zeros((inputs, 64, GROUPS), np.uint64)
    shown = np.zeros((len(results), 64, GROUPS), np.uint64)
    for begin in range(0, lanes, 64 * GROUPS):
        count = min(lanes - begin, 64 * GROUPS)
        for plane in range(planes):
            variables[plane] = ones if initial >> plane & 1 else np.uint64(0)
        for word in range(words):
            for i in range(inputs):
                load_slices(streams[i], begin, count, word, blocks[i])
            for t in range(min(64, length - 64 * word)):
                for i in range(inputs):
                    source, target = blocks[i, t], variables[planes + i]
                    for g in range(GROUPS):
                        target[g] = source[g]
                for n in range(2, len(nodes)):
                    select, value = variables[nodes[n, 0]], values[n]
                    low, high = values[nodes[n, 1]], values[nodes[n, 2]]
                    for g in range(GROUPS):
                        value[g] = low[g] ^ ((low[g] ^ high[g]) & select[g])
                for i in range(len(results)):
                    source, target = values[roots[2 + i]], shown[i, t]
                    for g in range(GROUPS):
                        target[g] = source[g]
                count_up_down(variables, planes, values[roots[0]], values[roots[1]])
            for i in range(len(results)):
                store_slices(shown[i], begin, count, word, results[i])


@compiled(inline=True)
def count_up_down(variables, planes, up, down):
    """Add `up` and subtract `down` from the counters whose bits are the first variables.

    Both are changed.
    """
    for plane in range(planes):
        bits = variables[plane]
        for g in range(GROUPS):
            bit = bits[g]
            bits[g] = bit ^ up[g] ^ down[g]
            up[g] &= bit
            down[g] &= ~bit
