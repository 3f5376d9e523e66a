"""Catalogue entry of `smax`."""

from __future__ import annotations

from stochastic import Smax

from ...entry import Entry
from ...oracles.laws import larger
from ...oracles.selecting_counters import expect_selected

__all__ = ["ENTRY"]


def mean(p, cycles, lanes, rng):
    """Expect (p r^(K / 2) + q) / (r^(K / 2) + 1)."""
    return expect_selected(p, lanes, rng, upper="a")


ENTRY = Entry(
    name="smax",
    default=Smax(states=16),
    edges=(Smax(states=2), Smax(states=4, initial=0), Smax(states=6, initial=5)),
    planted=Smax(states=6),
    oracle=mean,
    law=larger,
)
