"""Catalogue entry of `hybrid_multiplier`."""

from __future__ import annotations

import numpy as np

from stochastic import HybridMultiplier

from ...entry import Entry, Expectation
from ...oracles.independent_bits import random_streams

__all__ = ["ENTRY"]

CYCLES = 1000


def word_times_sum(parameters, cycles, lanes, rng):
    """Expect the word times the sum of the stream, exactly."""
    stream = random_streams(rng, CYCLES, rng.random(lanes))
    port = next(p for p in parameters.inputs if p.name == "word")
    word = rng.integers(*port.range, lanes, endpoint=True)
    word[:2] = port.range[: min(lanes, 2)]
    inputs = {"stream": stream, "word": np.tile(word, (CYCLES, 1))}
    total = stream.sum(axis=0)
    if parameters.encoding == "bipolar":
        total = 2 * total - CYCLES
    if parameters.encoding == "sign-magnitude":
        inputs["stream_sign"] = rng.integers(0, 2, (CYCLES, lanes))
        total = total - 2 * (stream & inputs["stream_sign"]).sum(axis=0)
    return Expectation(
        inputs=inputs,
        measure=lambda outputs: outputs["product"].sum(axis=0),
        expected=word * total,
        tolerance=0,
        source="the sum of the products is the word times the sum of the stream, exactly",
    )


ENTRY = Entry(
    name="hybrid_multiplier",
    default=HybridMultiplier(width=8, signed=True, encoding="bipolar"),
    edges=(
        HybridMultiplier(width=1),
        HybridMultiplier(width=32),
        HybridMultiplier(width=2, signed=True),
        HybridMultiplier(width=4, encoding="bipolar"),
        HybridMultiplier(width=32, signed=True, encoding="sign-magnitude"),
    ),
    planted=HybridMultiplier(width=5, signed=True, encoding="sign-magnitude"),
    oracle=word_times_sum,
)
