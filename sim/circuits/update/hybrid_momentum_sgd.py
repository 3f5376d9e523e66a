"""Catalogue entry of `hybrid_momentum_sgd`."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from stochastic import Counter, HybridMomentumSgdLanes, Lfsr, Sobol, VanDerCorput

from ...entry import Entry, Expectation
from ...oracles.counter_updates import updates

__all__ = ["ENTRY"]


def sent(parameters, cycles, lanes, rng) -> Expectation:
    """Expect the momentum by rational arithmetic, and that a period sends all of it."""
    p = parameters
    period = p.generator.period
    columns = lanes * p.lanes
    full, most = 1 << p.gradient_bits, 1 << p.momentum_bits
    gradient = rng.integers(-full, full, columns, endpoint=True)
    momentum = rng.integers(-most, most, columns, endpoint=True)
    # Where V is at full scale, W meets its end if it can.
    some = rng.random(columns) < 0.3
    momentum[some] = np.where(gradient[some] > 0, most, -most)
    gradient[some] = np.where(gradient[some] > 0, full, -full)
    share = Fraction(1, 2**p.decay_shift)
    average = [
        round((1 - share) * c + share * Fraction(g * most, full))
        for g, c in zip(gradient.tolist(), momentum.tolist(), strict=True)
    ]
    rate = (1 << p.rate_bits) - 1
    missing = most - period
    size = np.abs(average)
    samples = np.sign(average) * np.where(size == most, period, np.maximum(size - missing, 0))
    low, high = p.weight_range
    load = np.zeros((period + 1, lanes), np.int64)
    load[0] = 1
    shape = (period + 1, columns)

    def held(values):
        return np.broadcast_to(values, shape).astype(np.int64)

    return Expectation(
        inputs={
            "load": load,
            "rate": np.full((period + 1, lanes), rate),
            "gradient": held(gradient),
            "momentum_in": held(momentum),
            "weight_in": held(0),
        },
        measure=lambda outputs: np.stack([outputs["momentum"][-1], outputs["weight"][-1]]),
        expected=np.stack([average, np.clip(-rate * samples, low, high)]),
        tolerance=0,
        source=(
            "V = round(C + 2^-n (g - C)) on one scale, half to even; over one period of the "
            "generator the sum of S is V, nearer 0 by 1 where the word 0 is missing and V is "
            "not full scale; W moves one way alone, and rests at its end"
        ),
    )


def _hybrid(lanes, bits, decay_shift, generator, **further):
    """Return lanes with so many bits of gradient, momentum, weight and rate."""
    gradient_bits, momentum_bits, weight_bits, rate_bits = bits
    return HybridMomentumSgdLanes(
        lanes=lanes,
        gradient_bits=gradient_bits,
        momentum_bits=momentum_bits,
        weight_bits=weight_bits,
        rate_bits=rate_bits,
        decay_shift=decay_shift,
        generator=generator,
        **further,
    )


ENTRY = Entry(
    name="hybrid_momentum_sgd",
    default=_hybrid(8, (7, 8, 14, 4), 4, Lfsr(width=8)),
    edges=(
        _hybrid(1, (1, 1, 2, 1), 0, Counter(width=1)),
        _hybrid(3, (6, 6, 8, 3), 1, Sobol(width=6, dimension=1), cycles_per_step=8),
        _hybrid(
            lanes=2,
            bits=(3, 9, 10, 2),
            decay_shift=16,
            generator=Lfsr(width=9, zero_state=True),
            cycles_per_step=2,
            sharing="per-lane",
        ),
        _hybrid(2, (16, 16, 32, 24), 8, VanDerCorput(width=16)),
    ),
    planted=_hybrid(2, (4, 4, 5, 2), 2, Lfsr(width=4)),
    oracle=sent,
    stimulus=updates,
)
