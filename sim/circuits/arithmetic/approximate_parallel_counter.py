"""Catalogue entry of `approximate_parallel_counter`."""

from __future__ import annotations

import numpy as np

from stochastic import ApproximateParallelCounter

from ...entry import Entry, Expectation
from ...oracles.independent_bits import random_streams
from ...oracles.laws import counted

__all__ = ["ENTRY"]

CYCLES = 4096


def mean_count(parameters, cycles, lanes, rng):
    """Expect 2 (p + q - p q) of each even pair, and 2 p q of each odd one."""
    p = rng.random((lanes, parameters.fan_in))
    product = p[:, ::2] * p[:, 1::2]
    either = p[:, ::2] + p[:, 1::2] - product
    ones = np.where(np.arange(product.shape[1]) % 2, product, either)
    return Expectation(
        inputs={"streams": random_streams(rng, CYCLES, p.reshape(-1))},
        measure=lambda outputs: outputs["count"].mean(axis=0),
        expected=2 * ones.sum(axis=1),
        tolerance=10 * np.sqrt((ones * (1 - ones)).sum(axis=1) / CYCLES),
        source=(
            "2 (p + q - p q) of each even pair and 2 p q of each odd one; five standard "
            "deviations of the mean of N independent counts, 2 sqrt(sum(r (1 - r)) / N) with "
            "r the probability that a gate's output is 1"
        ),
    )


ENTRY = Entry(
    name="approximate_parallel_counter",
    default=ApproximateParallelCounter(fan_in=16, width=16),
    edges=(
        ApproximateParallelCounter(fan_in=4, width=3),
        ApproximateParallelCounter(fan_in=6, width=7),
        ApproximateParallelCounter(fan_in=66, width=48),
    ),
    planted=ApproximateParallelCounter(fan_in=6, width=9),
    oracle=mean_count,
    law=counted,
)
