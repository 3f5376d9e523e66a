"""Catalogue entry of `sabs`."""

from __future__ import annotations

import numpy as np

from stochastic import Sabs

from ...entry import Entry
from ...oracles.state_machines import expect_plain_counter

__all__ = ["ENTRY"]


def stationary_law(parameters, values, encoding):
    """Return x tanh((K / 2) artanh x)."""
    return values["x"] * np.tanh(parameters.states / 2 * np.arctanh(values["x"]))


def mean(p, cycles, lanes, rng):
    """Expect x tanh((K / 2) artanh x)."""
    states = np.arange(p.states)
    return expect_plain_counter(
        p,
        lanes,
        rng,
        (states % 2 == 1) == (states >= p.states / 2),
        lambda x: (1 + stationary_law(p, {"x": x}, "")) / 2,
        "x tanh((K / 2) artanh x), the stationary law of the counter",
    )


ENTRY = Entry(
    name="sabs",
    default=Sabs(states=8),
    edges=(Sabs(states=4, initial=0), Sabs(states=12, initial=11), Sabs(states=64)),
    planted=Sabs(states=12),
    oracle=mean,
    law=stationary_law,
)
