"""Random terms of spin gates, as arrays."""

from __future__ import annotations

import numpy as np

__all__ = ["noise_terms", "xorshift_bits"]


def noise_terms(noise, source, cycles, first_bit=0):
    """Return the random term of each cycle from the bits of a source.

    Bit `first_bit` of the word is the sign. The next ``density_bits`` bits decide whether
    there is noise.
    """
    words = source.words(cycles).astype(np.int64) >> first_bit
    sign = np.where(words % 2 == 1, 1, -1)
    chance = words // 2 % 2**noise.density_bits
    return np.where(chance < noise.density, sign * noise.weight, 0)


def xorshift_bits(seed, words, bits):
    """Return the lowest bits of a 64-bit xorshift generator's words, int64 ``[words, bits]``.

    The shifts are 13, 7, 17. The first state is the first word of SplitMix64 from `seed`, and
    the first word is the state after it.
    """
    mask = 2**64 - 1
    state = (seed + 0x9E3779B97F4A7C15) & mask
    state = (state ^ state >> 30) * 0xBF58476D1CE4E5B9 & mask
    state = (state ^ state >> 27) * 0x94D049BB133111EB & mask
    state ^= state >> 31
    drawn = np.empty(words, np.uint64)
    for t in range(words):
        state ^= state << 13 & mask
        state ^= state >> 7
        state ^= state << 17 & mask
        drawn[t] = state
    return (drawn[:, None] >> np.arange(bits, dtype=np.uint64) & np.uint64(1)).astype(np.int64)
