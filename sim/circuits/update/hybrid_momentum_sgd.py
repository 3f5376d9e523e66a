"""Catalogue entry of `hybrid_momentum_sgd`."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from stochastic import Counter, HybridMomentumSgdLanes, Lfsr, Sobol, VanDerCorput

from ...entry import Entry, Expectation
from ...oracles.counter_updates import random_updates

__all__ = ["ENTRY"]


def sent_momenta(parameters, cycles, lanes, rng) -> Expectation:
    """Expect the momentum in rational arithmetic, and the whole momentum sent in a period."""
    p = parameters
    period = p.generator.period
    columns = lanes * p.lanes
    gradient_limit, momentum_limit = 1 << p.gradient_bits, 1 << p.momentum_bits
    gradient = rng.integers(-gradient_limit, gradient_limit, columns, endpoint=True)
    momentum = rng.integers(-momentum_limit, momentum_limit, columns, endpoint=True)
    # At full scale of V, W saturates if the rate is large enough.
    selected = rng.random(columns) < 0.3
    positive = gradient[selected] > 0
    momentum[selected] = np.where(positive, momentum_limit, -momentum_limit)
    gradient[selected] = np.where(positive, gradient_limit, -gradient_limit)
    share = Fraction(1, 2**p.decay_shift)
    average = [
        round((1 - share) * c + share * Fraction(g * momentum_limit, gradient_limit))
        for g, c in zip(gradient.tolist(), momentum.tolist(), strict=True)
    ]
    rate = (1 << p.rate_bits) - 1
    missing = momentum_limit - period
    size = np.abs(average)
    samples = np.sign(average) * np.where(
        size == momentum_limit, period, np.maximum(size - missing, 0)
    )
    low, high = p.weight_range
    load = np.zeros((period + 1, lanes), np.int64)
    load[0] = 1
    shape = (period + 1, columns)

    def constant(values):
        return np.broadcast_to(values, shape).astype(np.int64)

    return Expectation(
        inputs={
            "load": load,
            "rate": np.full((period + 1, lanes), rate),
            "gradient": constant(gradient),
            "momentum_in": constant(momentum),
            "weight_in": constant(0),
        },
        measure=lambda outputs: np.stack([outputs["momentum"][-1], outputs["weight"][-1]]),
        expected=np.stack([average, np.clip(-rate * samples, low, high)]),
        tolerance=0,
        source=(
            "V = round(C + 2^-n (g - C)) on one scale, half to even; over one period of the "
            "generator the sum of S is V, or 1 nearer to 0 if the word 0 is missing and V is "
            "not full scale; W moves in one direction only and saturates at its end"
        ),
    )


def _hybrid(lanes, bits, decay_shift, generator, **options):
    """Return lanes with the given bits of gradient, momentum, weight and rate."""
    gradient_bits, momentum_bits, weight_bits, rate_bits = bits
    return HybridMomentumSgdLanes(
        lanes=lanes,
        gradient_bits=gradient_bits,
        momentum_bits=momentum_bits,
        weight_bits=weight_bits,
        rate_bits=rate_bits,
        decay_shift=decay_shift,
        generator=generator,
        **options,
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
    oracle=sent_momenta,
    stimulus=random_updates,
)
