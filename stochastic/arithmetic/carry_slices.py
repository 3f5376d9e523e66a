"""Accumulators that pay for their ones, 64 streams a word."""

from __future__ import annotations

import numpy as np

from fixedpoint.kernels.compiled import compiled

from ..circuit.bit_slices import GROUPS, load_slices, store_slices

__all__ = ["run_carries"]


@compiled(long_vectors=True)
def run_carries(streams, length, gain, offset, cost, low, high, planes, emitted):
    """Run accumulators on packed streams, from 0.

    ``streams [K, lanes, words]`` and ``emitted [lanes, words]`` have 64 cycles a word. In
    between, bit r of a word belongs to stream r of its 64, and the accumulators are two's
    complement numbers of `planes` such words. The rule is that of `CarryAdder`.
    """
    fan_in, lanes, words = streams.shape
    ones = np.uint64(0xFFFFFFFFFFFFFFFF)
    digits = 0
    while fan_in >> digits:
        digits += 1
    stored = np.zeros((planes, GROUPS), np.uint64)
    count = np.zeros((digits, GROUPS), np.uint64)
    carry, flag = np.zeros(GROUPS, np.uint64), np.zeros(GROUPS, np.uint64)
    every = np.full(GROUPS, ones)
    blocks = np.zeros((fan_in, 64, GROUPS), np.uint64)
    shown = np.zeros((64, GROUPS), np.uint64)
    for begin in range(0, lanes, 64 * GROUPS):
        lanes_here = min(lanes - begin, 64 * GROUPS)
        stored[:] = np.uint64(0)
        for word in range(words):
            for k in range(fan_in):
                load_slices(streams[k], begin, lanes_here, word, blocks[k])
            for t in range(min(64, length - 64 * word)):
                count[:] = np.uint64(0)
                for k in range(fan_in):
                    carry[:] = blocks[k, t]
                    for digit in range(digits):
                        bits = count[digit]
                        for g in range(GROUPS):
                            both = bits[g] & carry[g]
                            bits[g] ^= carry[g]
                            carry[g] = both
                if offset:
                    _add(stored, -offset, every, carry)
                for digit in range(digits):
                    _add(stored, gain << digit, count[digit], carry)
                _at_least(stored, high + 1, flag)
                _replace(stored, high, flag)
                _at_least(stored, cost, shown[t])
                _add(stored, -cost, shown[t], carry)
                _at_least(stored, low, flag)
                for g in range(GROUPS):
                    flag[g] = ~flag[g]
                _replace(stored, low, flag)
            store_slices(shown, begin, lanes_here, word, emitted)


@compiled(inline=True)
def _add(numbers, constant, where, carry):
    """Add a constant to the numbers of the streams whose bit of `where` is set."""
    carry[:] = np.uint64(0)
    for plane in range(len(numbers)):
        bits = numbers[plane]
        if constant >> plane & 1:
            for g in range(GROUPS):
                bit = bits[g]
                bits[g] = bit ^ where[g] ^ carry[g]
                carry[g] = (bit & where[g]) | (carry[g] & (bit ^ where[g]))
        else:
            for g in range(GROUPS):
                bit = bits[g]
                bits[g] = bit ^ carry[g]
                carry[g] &= bit


@compiled(inline=True)
def _at_least(numbers, constant, result):
    """Set the bits of the streams whose number is at least a constant."""
    last = len(numbers) - 1
    result[:] = np.uint64(0xFFFFFFFFFFFFFFFF)
    # From the lowest bit up; the sign counts the other way round.
    for plane in range(last):
        bits = numbers[plane]
        if constant >> plane & 1:
            for g in range(GROUPS):
                result[g] &= bits[g]
        else:
            for g in range(GROUPS):
                result[g] |= bits[g]
    signs = numbers[last]
    if constant < 0:
        for g in range(GROUPS):
            result[g] |= ~signs[g]
    else:
        for g in range(GROUPS):
            result[g] &= ~signs[g]


@compiled(inline=True)
def _replace(numbers, constant, where):
    """Set the numbers of the streams whose bit of `where` is set to a constant."""
    for plane in range(len(numbers)):
        bits = numbers[plane]
        if constant >> plane & 1:
            for g in range(GROUPS):
                bits[g] |= where[g]
        else:
            for g in range(GROUPS):
                bits[g] &= ~where[g]
