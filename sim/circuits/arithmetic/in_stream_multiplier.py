"""Catalogue entry of `in_stream_multiplier`."""

from __future__ import annotations

import numpy as np

from stochastic import InStreamMultiplier, Lfsr, Sobol, VanDerCorput

from ...entry import Entry, Expectation
from ...oracles.independent_bits import random_streams
from ...oracles.laws import product

__all__ = ["ENTRY"]

CYCLES = 2000


def words_below_the_estimate(parameters, cycles, lanes, rng):
    """Expect the words below the number of ones of b's window, one for each 1 of a."""
    depth = 1 << parameters.generator.width
    words = parameters.generator.words(CYCLES).astype(np.int64)
    a, b = (random_streams(rng, CYCLES, rng.random(lanes)) for _ in range(2))
    # Before reset there stand 0, 1, 0, 1 ..., the 0 nearest.
    before = np.tile(np.arange(depth)[::-1, None] % 2, lanes)
    sums = np.concatenate([before, b]).cumsum(axis=0)
    sums = np.concatenate([np.zeros((1, lanes), int), sums])
    window = (sums[depth:] - sums[:-depth])[:CYCLES]
    ones = a.cumsum(axis=0)
    product = np.where(a, words[ones - 1] < window, 0)
    if parameters.encoding == "bipolar":
        zeros = np.arange(1, CYCLES + 1)[:, None] - ones
        product = np.where(a, product, words[zeros - 1] >= window)
    return Expectation(
        inputs={"a": a, "b": b},
        measure=lambda outputs: outputs["product"],
        expected=product,
        tolerance=0,
        source=(
            "word number A of the sequence against the ones among the last 2^n bits of b, with "
            "A the ones of a before: exactly and in every cycle"
        ),
    )


ENTRY = Entry(
    name="in_stream_multiplier",
    default=InStreamMultiplier(generator=Sobol(width=6)),
    edges=(
        InStreamMultiplier(generator=VanDerCorput(width=1), encoding="bipolar"),
        InStreamMultiplier(generator=Lfsr(width=3), encoding="bipolar"),
        InStreamMultiplier(generator=VanDerCorput(width=10)),
    ),
    planted=InStreamMultiplier(generator=VanDerCorput(width=3), encoding="bipolar"),
    oracle=words_below_the_estimate,
    law=product,
)
