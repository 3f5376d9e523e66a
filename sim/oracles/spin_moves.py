"""Random terms of spin gates, as arrays."""

from __future__ import annotations

import numpy as np

from ..entry import Expectation

__all__ = ["expect_network_moves", "noise_terms", "xorshift_bits"]


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


def expect_network_moves(p, cycles, lanes, inputs):
    """Expect every counter of a network to follow from the spins of the cycle before.

    Fields are computed by dense matrices from the outputs themselves.
    """
    n = p.size
    h, matrix = p.hamiltonian.dense()
    for i, j, weight in p.directed:
        matrix[i, j] += weight
    noise = np.stack(
        [
            noise_terms(
                p.noise, p.sources[i // p.sharing], cycles, i % p.sharing * p.noise.bits
            )
            for i in range(n)
        ],
        axis=1,
    )[:, None, :]
    limit = p.schedule.values(cycles)[:, None, None]
    start = np.array(p.initial or (0,) * n)

    def errors(outputs):
        counters = outputs["counters"].reshape(cycles, lanes, n)
        spins = outputs["spins"].reshape(cycles, lanes, n)
        free = counters >= 0
        if p.clamping:
            clamp, value = (
                inputs[name].reshape(cycles, lanes, n) for name in ("clamp", "clamp_value")
            )
            free = np.where(clamp == 1, value, free)
        total = counters + h + (2 * spins - 1) @ matrix.T + noise
        after = np.clip(total, -limit, limit - (not p.symmetric))
        wrong = [
            (counters[0] - start).reshape(-1),
            (counters[1:] - after[:-1]).reshape(-1),
            (spins - free).reshape(-1),
            (outputs["limit"] - limit[:, :, 0]).reshape(-1),
        ]
        return np.concatenate(wrong)

    return Expectation(
        inputs=inputs,
        measure=errors,
        expected=0,
        tolerance=0,
        source="the equations of the network, T' = clip(T + h + J m + r), by dense matrices",
    )
