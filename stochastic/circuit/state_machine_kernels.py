"""Compiled loops of saturating state machines."""

from __future__ import annotations

import numpy as np

from fixedpoint.kernels.compiled import compiled

__all__ = ["run_bit_sliced", "run_cycles"]

# Words side by side in the bit-sliced engine: 64 streams each, in a few vector registers.
GROUPS = 32


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


@compiled(inline=True)
def _transpose(block):
    """Transpose the 64 x 64 bits of every column of a block ``[64, GROUPS]`` in place.

    Source: H. S. Warren, "Hacker's Delight", section 7-3.
    """
    width = 32
    mask = np.uint64(0x00000000FFFFFFFF)
    while width:
        shift = np.uint64(width)
        k = 0
        while k < 64:
            low, high = block[k], block[k + width]
            for g in range(GROUPS):
                swap = ((low[g] >> shift) ^ high[g]) & mask
                high[g] ^= swap
                low[g] ^= swap << shift
            k = (k + width + 1) & ~width
        width >>= 1
        mask ^= mask << np.uint64(width)


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
                if count < 64 * GROUPS:
                    blocks[i] = np.uint64(0)
                for lane in range(count):
                    blocks[i, lane & 63, lane >> 6] = streams[i, begin + lane, word]
                _transpose(blocks[i])
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
                _count(variables, planes, values[roots[0]], values[roots[1]])
            for i in range(len(results)):
                _transpose(shown[i])
                for lane in range(count):
                    results[i, begin + lane, word] = shown[i, lane & 63, lane >> 6]


@compiled(inline=True)
def _count(variables, planes, up, down):
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
