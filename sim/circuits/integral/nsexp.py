"""Catalogue entry of `nsexp`."""

from __future__ import annotations

import numpy as np

from stochastic import NSexp

from ...entry import Entry
from ...oracles.jump_chain import expect_threshold

__all__ = ["ENTRY"]


def mean(p, cycles, lanes, rng):
    """Expect the lower states of the stationary law."""
    ones = np.arange(p.states) < p.states - p.gain
    return expect_threshold(p, rng, lanes, ones, "the lower states of the counter's law")


ENTRY = Entry(
    name="nsexp",
    default=NSexp(states=32, range=2, gain=2),
    edges=(
        NSexp(states=2, range=1, gain=1),
        NSexp(states=5, range=3, gain=4, initial=0),
        NSexp(states=64, range=8, gain=16, initial=63),
        NSexp(states=32, range=4, gain=8, encoding="unipolar"),
    ),
    planted=NSexp(states=6, range=2, gain=2),
    oracle=mean,
)
