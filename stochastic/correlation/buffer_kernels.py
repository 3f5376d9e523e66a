"""Compiled loops of shuffle buffers and of tracking forecast memories."""

from __future__ import annotations

import numpy as np

from fixedpoint.kernels.compiled import compiled

from ..circuit.bit_slices import GROUPS, load_slices, store_slices

__all__ = ["shuffle_bits", "shuffle_slices", "track_bits", "track_slices"]


@compiled
def shuffle_bits(enable, addresses, bits, buffer, shown):
    """Run shuffle buffers cycle by cycle; arrays are ``[cycles, lanes]``."""
    cycles, lanes = bits.shape
    for t in range(cycles):
        address = addresses[t]
        for lane in range(lanes):
            shown[t, lane] = buffer[lane] >> address & 1
            if enable[t]:
                cleared = buffer[lane] & ~(np.int64(1) << address)
                buffer[lane] = cleared | bits[t, lane] << address


@compiled(long_vectors=True)
def shuffle_slices(addresses, depth, streams, length, results):
    """Run shuffle buffers on packed streams ``[lanes, words]``, from reset."""
    lanes, words = streams.shape
    ones = np.uint64(0xFFFFFFFFFFFFFFFF)
    buffer = np.zeros((depth, GROUPS), np.uint64)
    block = np.zeros((64, GROUPS), np.uint64)
    for begin in range(0, lanes, 64 * GROUPS):
        count = min(lanes - begin, 64 * GROUPS)
        for place in range(depth):
            buffer[place] = ones if place & 1 else np.uint64(0)
        for word in range(words):
            load_slices(streams, begin, count, word, block)
            for t in range(min(64, length - 64 * word)):
                address = addresses[64 * word + t]
                for g in range(GROUPS):
                    held = buffer[address, g]
                    buffer[address, g] = block[t, g]
                    block[t, g] = held
            store_slices(block, begin, count, word, results)


@compiled
def track_bits(enable, words, width, shift, bits, value, shown):
    """Run tracking forecast memories cycle by cycle; arrays are ``[cycles, lanes]``."""
    cycles, lanes = bits.shape
    for t in range(cycles):
        word = np.int64(words[t])
        for lane in range(lanes):
            now = value[lane]
            shown[t, lane] = word < now
            if enable[t]:
                value[lane] = now - (now >> shift) + (bits[t, lane] << (width - shift))


@compiled(long_vectors=True)
def track_slices(words, width, shift, initial, streams, length, results):
    """Run tracking forecast memories on packed streams ``[lanes, words]``, from reset.

    Plane i holds bit i of the value of every stream.
    """
    lanes, count_words = streams.shape
    ones = np.uint64(0xFFFFFFFFFFFFFFFF)
    planes = np.zeros((width + 1, GROUPS), np.uint64)
    block = np.zeros((64, GROUPS), np.uint64)
    carry = np.zeros(GROUPS, np.uint64)
    less = np.zeros(GROUPS, np.uint64)
    for begin in range(0, lanes, 64 * GROUPS):
        count = min(lanes - begin, 64 * GROUPS)
        for i in range(width + 1):
            planes[i] = ones if initial >> i & 1 else np.uint64(0)
        for word in range(count_words):
            load_slices(streams, begin, count, word, block)
            for t in range(min(64, length - 64 * word)):
                drawn = np.int64(words[64 * word + t])
                # From the lowest bit up: the highest bit that differs decides R < value.
                less[:] = np.uint64(0)
                for i in range(width + 1):
                    if drawn >> i & 1:
                        for g in range(GROUPS):
                            less[g] &= planes[i, g]
                    else:
                        for g in range(GROUPS):
                            less[g] |= planes[i, g]
                # value - (value >> shift): bits above are still the old ones.
                carry[:] = np.uint64(0)
                for i in range(width + 1):
                    if i + shift <= width:
                        for g in range(GROUPS):
                            bit, taken = planes[i, g], planes[i + shift, g]
                            planes[i, g] = bit ^ taken ^ carry[g]
                            carry[g] = (~bit & (taken | carry[g])) | (taken & carry[g])
                    else:
                        for g in range(GROUPS):
                            bit = planes[i, g]
                            planes[i, g] = bit ^ carry[g]
                            carry[g] &= ~bit
                for g in range(GROUPS):
                    carry[g] = block[t, g]
                    block[t, g] = less[g]
                for i in range(width - shift, width + 1):
                    for g in range(GROUPS):
                        bit = planes[i, g]
                        planes[i, g] = bit ^ carry[g]
                        carry[g] &= bit
            store_slices(block, begin, count, word, results)
