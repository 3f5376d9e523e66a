"""Catalogue entry of `tracking_forecast_memory`."""

from __future__ import annotations

import numpy as np

from stochastic import Lfsr, Sobol, TrackingForecastMemory, VanDerCorput

from ...entry import Entry, Expectation
from ...oracles.laws import first

__all__ = ["ENTRY"]

CYCLES = 1 << 14


def mean(parameters, cycles, lanes, rng):
    """Expect the input's mean, and at most the bias of the shift that rounds down."""
    scale = 1 << parameters.generator.width
    step = 1 << parameters.shift
    p = rng.uniform(0.1, 0.9, lanes)
    x = (rng.random((CYCLES, lanes)) < p).astype(np.int64)
    bias = (step - 1) / scale / 2
    missing = max(scale - parameters.generator.period, 0) / scale
    return Expectation(
        inputs={"x": x},
        measure=lambda outputs: outputs["y"].mean(axis=0),
        expected=x.mean(axis=0) + bias,
        tolerance=bias + step / CYCLES + missing + 5 * 1.5 * np.sqrt(0.25 / CYCLES),
        source=(
            "the mean of P / 2^n is p + m / 2^n + 2^k (P_0 - P_T) / (2^n T), summed from the "
            "recurrence, with m in 0..2^k - 1; 2^k / T for the ends; the words that the "
            "generator lacks; and five standard deviations of a mean of T bits, half as much "
            "again for the correlated words of shift registers"
        ),
    )


def levels(parameters, cycles, lanes, rng):
    """Return streams whose mean jumps, to 0 and 1 too."""
    stretches = -(-cycles // 64)
    p = np.repeat(rng.choice([0, 0.2, 0.5, 0.9, 1], (stretches, lanes)), 64, axis=0)[:cycles]
    return {"x": (rng.random(p.shape) < p).astype(np.int64)}


WIDE = TrackingForecastMemory(generator=Lfsr(width=24), shift=4, initial=12345)

# Found by a search. It ends where the word equals the estimate. Before, estimates that
# differ in the lowest bit after reset, or by the lowest bit of each increment, are on both
# sides of the word.
MEETING = 0x7978AFD7575DFBD778FF95A1CB7531CFA5D


def meeting_words(p):
    """Return a stream for which a wide estimate comes to words of its generator."""
    bits = f"{MEETING:b}" if p == WIDE else "1"
    return {"x": np.array([[int(bit)] for bit in bits], np.int64)}


ENTRY = Entry(
    name="tracking_forecast_memory",
    default=TrackingForecastMemory(generator=Lfsr(width=8), shift=3, initial=128),
    edges=(
        TrackingForecastMemory(generator=VanDerCorput(width=1), shift=1, initial=2),
        TrackingForecastMemory(generator=Lfsr(width=3), shift=3, initial=7),
        TrackingForecastMemory(generator=Lfsr(width=8), shift=1),
        TrackingForecastMemory(
            generator=Sobol(width=24, dimension=2), shift=1, initial=1 << 24
        ),
        WIDE,
    ),
    planted=TrackingForecastMemory(generator=Lfsr(width=4, seed=4), shift=2, initial=5),
    oracle=mean,
    stimulus=levels,
    directed=meeting_words,
    law=first,
)
