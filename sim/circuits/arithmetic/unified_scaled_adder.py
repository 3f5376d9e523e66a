"""Catalogue entry of `unified_scaled_adder`."""

from __future__ import annotations

import numpy as np

from stochastic import UnifiedScaledAdder

from ...entry import Entry, Expectation
from ...oracles.independent_bits import random_streams
from ...oracles.laws import mean_of_streams

__all__ = ["ENTRY"]


def carries(parameters, cycles, lanes, rng):
    """Expect floor(C / K) ones up to every cycle."""
    k = parameters.fan_in
    streams = random_streams(rng, 2000, rng.random(lanes * k))
    ones = np.array([streams[:, i * k : (i + 1) * k].sum(axis=1) for i in range(lanes)]).T
    return Expectation(
        inputs={"streams": streams},
        measure=lambda outputs: outputs["sum"].cumsum(axis=0),
        expected=ones.cumsum(axis=0) // k,
        tolerance=0,
        source="floor(C / K) ones up to every cycle, C the ones of all streams: ISCA 2020 (11)",
    )


ENTRY = Entry(
    name="unified_scaled_adder",
    default=UnifiedScaledAdder(fan_in=4),
    edges=(
        UnifiedScaledAdder(fan_in=2, encoding="bipolar"),
        UnifiedScaledAdder(fan_in=3),
        UnifiedScaledAdder(fan_in=65, encoding="bipolar"),
    ),
    planted=UnifiedScaledAdder(fan_in=5),
    oracle=carries,
    law=mean_of_streams,
)
