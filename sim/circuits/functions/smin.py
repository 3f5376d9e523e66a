"""Catalogue entry of `smin`."""

from __future__ import annotations

from stochastic import Smin

from ...entry import Entry
from ...oracles.laws import smaller
from ...oracles.selecting_counters import expect_selected

__all__ = ["ENTRY"]


def mean(p, cycles, lanes, rng):
    """Expect (q r^(K / 2) + p) / (r^(K / 2) + 1)."""
    return expect_selected(p, lanes, rng, upper="b")


ENTRY = Entry(
    name="smin",
    default=Smin(states=16),
    edges=(Smin(states=2), Smin(states=4, initial=0), Smin(states=6, initial=5)),
    planted=Smin(states=6),
    oracle=mean,
    law=smaller,
)
