"""Catalogue entry of `nstanh`."""

from __future__ import annotations

import numpy as np

from stochastic import NStanh

from ...entry import Entry
from ...oracles.jump_chain import expect_threshold

__all__ = ["ENTRY"]


def mean(p, cycles, lanes, rng):
    """Expect the upper half of the stationary law."""
    states = np.arange(p.states)
    ones = states >= p.states / 2 if p.rule == ">=" else states > p.states / 2
    return expect_threshold(p, rng, lanes, ones, "the upper half of the counter's law")


ENTRY = Entry(
    name="nstanh",
    default=NStanh(states=32, range=4),
    edges=(
        NStanh(states=2, range=1),
        NStanh(states=2, range=1, encoding="unipolar", initial=0),
        NStanh(states=16, range=2, rule=">"),
        NStanh(states=6, range=8, initial=5),
        NStanh(states=128, range=5, encoding="unipolar", initial=1),
    ),
    planted=NStanh(states=6, range=2),
    oracle=mean,
)
