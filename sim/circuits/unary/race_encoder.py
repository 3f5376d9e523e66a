"""Catalogue entry of `race_encoder`."""

from __future__ import annotations

import numpy as np

from stochastic import RaceEncoder

from ...entry import Entry
from ...oracles.races import expect_time

__all__ = ["ENTRY"]


def at_the_code(parameters, cycles, lanes, rng):
    """Expect the edge in the cycle of the code."""
    codes = rng.integers(0, 1 << parameters.width, lanes, endpoint=True)
    inputs = {"code": np.tile(codes, (cycles, 1))}
    return expect_time(inputs, "stream", codes, cycles)


def near(parameters, cycles, lanes, rng):
    """Return codes near the time of the cycle, and at the ends."""
    full = 1 << parameters.width
    times = np.minimum(np.arange(cycles), full)[:, None]
    codes = times + rng.integers(-2, 3, (cycles, lanes))
    ends = rng.choice([0, full], (cycles, lanes))
    return {"code": np.where(rng.random((cycles, lanes)) < 0.1, ends, codes).clip(0, full)}


ENTRY = Entry(
    name="race_encoder",
    default=RaceEncoder(width=8),
    edges=(RaceEncoder(width=4), RaceEncoder(width=32)),
    planted=RaceEncoder(width=4),
    oracle=at_the_code,
    stimulus=near,
)
