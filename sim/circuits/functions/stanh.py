"""Catalogue entry of `stanh`."""

from __future__ import annotations

import numpy as np

from stochastic import Stanh

from ...entry import Entry
from ...oracles.state_machines import expect_plain_counter

__all__ = ["ENTRY"]


def stationary_law(parameters, values, encoding):
    """Return tanh((K / 2) artanh x)."""
    return np.tanh(parameters.states / 2 * np.arctanh(values["x"]))


def mean(p, cycles, lanes, rng):
    """Expect tanh((K / 2) artanh x)."""
    return expect_plain_counter(
        p,
        lanes,
        rng,
        np.arange(p.states) >= p.states / 2,
        lambda x: (1 + stationary_law(p, {"x": x}, "")) / 2,
        "tanh((K / 2) artanh x), the stationary law of the counter",
    )


ENTRY = Entry(
    name="stanh",
    default=Stanh(states=16),
    edges=(
        Stanh(states=2),
        Stanh(states=4, initial=0),
        Stanh(states=6, initial=5),
        Stanh(states=32),
        Stanh(states=1024),
    ),
    planted=Stanh(states=6),
    oracle=mean,
    law=stationary_law,
)
