"""Catalogue entry of `race_delay`."""

from __future__ import annotations

from stochastic import RaceDelay

from ...entry import Entry
from ...oracles.races import expect_time, random_edges

__all__ = ["ENTRY"]


def later(parameters, cycles, lanes, rng):
    """Expect the time of the edge, and the constant more."""
    times, edges = random_edges(rng, cycles, lanes)
    return expect_time({"x": edges}, "y", times + parameters.cycles, cycles)


ENTRY = Entry(
    name="race_delay",
    default=RaceDelay(cycles=4),
    edges=(RaceDelay(cycles=1), RaceDelay(cycles=32)),
    oracle=later,
)
