"""Catalogue entry of `parallel_counter`."""

from __future__ import annotations

import numpy as np

from stochastic import ParallelCounter

from ...entry import Entry, Expectation
from ...oracles.independent_bits import random_streams
from ...oracles.laws import counted

__all__ = ["ENTRY"]


def exact_sum(parameters, cycles, lanes, rng):
    """Expect the number of ones of each cycle, and their sum so far."""
    k = parameters.fan_in
    streams = random_streams(rng, 1000, rng.random(lanes * k))
    count = np.array([streams[:, i * k : (i + 1) * k].sum(axis=1) for i in range(lanes)]).T
    total = np.minimum(count.cumsum(axis=0) - count, 2**parameters.width - 1)
    return Expectation(
        inputs={"streams": streams},
        measure=lambda outputs: np.stack([outputs["count"], outputs["total"]]),
        expected=np.stack([count, total]),
        tolerance=0,
        source="the number of ones, and the sum of earlier numbers up to 2^width - 1: exact",
    )


ENTRY = Entry(
    name="parallel_counter",
    default=ParallelCounter(fan_in=8, width=16),
    edges=(
        ParallelCounter(fan_in=1, width=1),
        ParallelCounter(fan_in=7, width=3),
        ParallelCounter(fan_in=33, width=6),
        ParallelCounter(fan_in=65, width=48),
    ),
    planted=ParallelCounter(fan_in=5, width=9),
    oracle=exact_sum,
    law=counted,
)
