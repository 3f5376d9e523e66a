"""Catalogue entry of `spin_gate`."""

from __future__ import annotations

import numpy as np

from stochastic import Counter, Lfsr, Xorshift32
from stochastic.invertible import Noise, SpinGate

from ...entry import Entry, Expectation
from ...oracles.spin_moves import noise_terms
from ...simulation.stimulus import random_stimulus

__all__ = ["ENTRY"]


def moves(p, cycles, lanes, rng):
    """Expect every counter and spin to follow from those of the cycle before."""
    inputs = random_stimulus(p, cycles, lanes, rng)
    weights = np.array(p.weights, np.int64)
    bits = inputs.get("spins", np.zeros((cycles, 0), np.int64))
    bits = bits.reshape(cycles, lanes, len(weights))
    total = p.h + (2 * bits - 1) @ weights + noise_terms(p.noise, p.generator, cycles)[:, None]
    limit = inputs.get("limit", np.full((cycles, lanes), p.limit))
    clamp = inputs.get("clamp", np.zeros((cycles, lanes), np.int64))
    forced = inputs.get("clamp_value", clamp)

    def errors(outputs):
        counter = outputs["counter"]
        after = np.clip(counter + total, -limit, limit - (not p.symmetric))[:-1]
        spin = np.where(clamp == 1, forced, counter >= 0)
        first = counter[:1] - p.initial
        return np.concatenate([first, counter[1:] - after, outputs["spin"] - spin])

    return Expectation(
        inputs=inputs,
        measure=errors,
        expected=np.zeros((2 * cycles, lanes)),
        tolerance=0,
        source="the equations of the gate, T' = clip(T + h + J m + r), cycle by cycle",
    )


def gate(weights, limit, noise, generator, **options):
    """Return a gate of bias 1."""
    return SpinGate(
        h=1, weights=weights, limit=limit, noise=noise, generator=generator, **options
    )


SPARSE = Noise(weight=3, density=3, density_bits=3)

ENTRY = Entry(
    name="spin_gate",
    default=gate((2, -1, 2, -2), 16, Noise(weight=2), Xorshift32(width=1)),
    edges=(
        gate((), 1, Noise(weight=0), Counter(width=1)),
        gate((1,), 1, Noise(weight=1), Lfsr(width=3), symmetric=True, clamping=True),
        gate((1, -3), 6, SPARSE, Lfsr(width=7), limit_port=True, initial=-6),
        gate((0, 5, 5), 9, SPARSE, Lfsr(width=4), symmetric=True, limit_port=True),
        gate((-7,) * 9, 1 << 20, Noise(weight=2**15 - 1), Lfsr(width=9), initial=(1 << 20) - 1),
        gate((2**20, -(2**20)), 1 << 20, Noise(weight=1), Lfsr(width=5), clamping=True),
    ),
    # Odd weights: of an even one the lowest bit is not used.
    planted=gate(
        (3, -1), 5, Noise(weight=1, density=1, density_bits=1), Lfsr(width=4), clamping=True
    ),
    oracle=moves,
)
