"""Random terms of spin gates, as arrays."""

from __future__ import annotations

import numpy as np

__all__ = ["noise_terms"]


def noise_terms(noise, source, cycles, first_bit=0):
    """Return the random term of each cycle from the bits of a source.

    Bit `first_bit` of the word is the sign. The next ``density_bits`` bits decide whether
    there is noise.
    """
    words = source.words(cycles).astype(np.int64) >> first_bit
    sign = np.where(words % 2 == 1, 1, -1)
    chance = words // 2 % 2**noise.density_bits
    return np.where(chance < noise.density, sign * noise.weight, 0)
