"""Values of ports as bits of a bus, and back.

A bus is a uint64 array ``[cycles, words]``: bit ``i`` of a cycle is bit ``i % 64`` of word
``i // 64``. A port's values lie side by side in two's complement, column 0 lowest.
"""

from __future__ import annotations

import numpy as np

from fixedpoint.kernels.compiled import compiled

__all__ = ["differing_bits", "pack", "unpack"]


@compiled
def pack(values, width, offset, bus):
    """Write the lowest `width` bits of int64 ``values[cycles, columns]`` from bit `offset` on.

    The bits of the bus must be 0 before.
    """
    mask = np.uint64(0xFFFFFFFFFFFFFFFF) >> np.uint64(64 - width)
    for cycle in range(values.shape[0]):
        bit = offset
        for column in range(values.shape[1]):
            value = np.uint64(values[cycle, column]) & mask
            word, shift = bit >> 6, bit & 63
            bus[cycle, word] |= value << np.uint64(shift)
            if shift + width > 64:
                bus[cycle, word + 1] |= value >> np.uint64(64 - shift)
            bit += width


@compiled
def unpack(bus, width, offset, signed, values):
    """Read int64 ``values[cycles, columns]`` of `width` bits from bit `offset` on."""
    unused = np.int64(64 - width)
    for cycle in range(values.shape[0]):
        bit = offset
        for column in range(values.shape[1]):
            word, shift = bit >> 6, bit & 63
            value = bus[cycle, word] >> np.uint64(shift)
            if shift + width > 64:
                value |= bus[cycle, word + 1] << np.uint64(64 - shift)
            value <<= np.uint64(unused)
            if signed:
                values[cycle, column] = np.int64(value) >> unused
            else:
                values[cycle, column] = np.int64(value >> np.uint64(unused))
            bit += width


@compiled
def differing_bits(expected, actual, unknown, offset, size):
    """Count the bits from `offset` on that differ or are unknown; return the first cycle too.

    Returns
    -------
    count, cycle : int
        The cycle is -1 where no bit differs.
    """
    count, first = 0, -1
    begin, end = offset >> 6, (offset + size + 63) >> 6
    ones = np.uint64(0xFFFFFFFFFFFFFFFF)
    for cycle in range(expected.shape[0]):
        for word in range(begin, end):
            different = (expected[cycle, word] ^ actual[cycle, word]) | unknown[cycle, word]
            if different == 0:
                continue
            if word == begin:
                different &= ones << np.uint64(offset & 63)
            if word == end - 1:
                different &= ones >> np.uint64((64 - ((offset + size) & 63)) & 63)
            while different != 0:
                different &= different - np.uint64(1)
                count += 1
                if first < 0:
                    first = cycle
    return count, first
