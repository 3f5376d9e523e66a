"""Catalogue entry of `ssigmoid`."""

from __future__ import annotations

import numpy as np

from stochastic import Ssigmoid

from ...entry import Entry
from ...oracles.state_machines import expect_plain_counter

__all__ = ["ENTRY"]


def stationary_law(parameters, values, encoding):
    """Return (1 + tanh((K / 2) artanh x)) / 2."""
    return (1 + np.tanh(parameters.states / 2 * np.arctanh(values["x"]))) / 2


def mean(p, cycles, lanes, rng):
    """Expect 1 / (1 + r^(-K / 2)) with r = (1 + x) / (1 - x)."""
    return expect_plain_counter(
        p,
        lanes,
        rng,
        np.arange(p.states) >= p.states / 2,
        lambda x: stationary_law(p, {"x": x}, ""),
        "1 / (1 + r^(-K / 2)), the stationary law of the counter",
    )


ENTRY = Entry(
    name="ssigmoid",
    default=Ssigmoid(states=8),
    edges=(Ssigmoid(states=2), Ssigmoid(states=4, initial=0), Ssigmoid(states=6, initial=5)),
    planted=Ssigmoid(states=6),
    oracle=mean,
    law=stationary_law,
)
