"""Catalogue entry of `race_decoder`."""

from __future__ import annotations

import numpy as np

from stochastic import RaceDecoder

from ...entry import Entry, Expectation
from ...oracles.races import random_edges

__all__ = ["ENTRY"]


def time_of_the_edge(parameters, cycles, lanes, rng):
    """Expect the time of the edge as a number, counted up to it and then held."""
    full = 1 << parameters.width
    times, edges = random_edges(rng, cycles, lanes)
    count = np.arange(cycles)[:, None]
    return Expectation(
        inputs={"stream": edges},
        measure=lambda outputs: np.stack([outputs["count"], outputs["arrived"]]),
        expected=np.stack([np.minimum(np.minimum(count, times), full), count > times]),
        tolerance=0,
        source="a time is the number of cycles before the edge rises, exactly",
    )


def rare(parameters, cycles, lanes, rng):
    """Return streams whose first 1 comes early, late or never."""
    chance = rng.choice([0, 0.002, 0.05, 0.5], lanes)
    return {"stream": (rng.random((cycles, lanes)) < chance).astype(np.int64)}


ENTRY = Entry(
    name="race_decoder",
    default=RaceDecoder(width=8),
    edges=(RaceDecoder(width=1), RaceDecoder(width=4), RaceDecoder(width=32)),
    planted=RaceDecoder(width=3),
    oracle=time_of_the_edge,
    stimulus=rare,
)
