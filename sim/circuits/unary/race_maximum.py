"""Catalogue entry of `race_maximum`."""

from __future__ import annotations

import numpy as np

from stochastic import RaceMaximum

from ...entry import Entry
from ...oracles.races import expect_time, random_edges

__all__ = ["ENTRY"]


def earlier_or_later(parameters, cycles, lanes, rng):
    """Expect the maximum of the times of two edges."""
    a, b = (random_edges(rng, cycles, lanes) for _ in "ab")
    times = np.maximum(a[0], b[0])
    return expect_time({"a": a[1], "b": b[1]}, "maximum", times, cycles)


ENTRY = Entry(name="race_maximum", default=RaceMaximum(), oracle=earlier_or_later)
