"""Catalogue entry of `srelu`."""

from __future__ import annotations

import numpy as np

from stochastic import Srelu

from ...entry import Entry
from ...oracles.held_ones import CYCLES, expect_pair_means
from ...oracles.independent_bits import random_streams

__all__ = ["ENTRY"]


def mean(p, cycles, lanes, rng):
    """Expect p + q P(S = 0) with the stationary law of the counter."""
    one = rng.uniform(0.05, 0.95, lanes)[:, None]
    bottom = np.arange(p.states) == 0
    up = np.where(bottom, 1, one)
    return expect_pair_means(
        {"x": random_streams(rng, CYCLES, one[:, 0])},
        up,
        1 - up,
        p.initial,
        [up],
        [lambda outputs: outputs["y"]],
        "1 in state 0 and x in the others, in the stationary law by detailed balance",
    )


def rectified(parameters, values, encoding):
    """Return max(x, 0)."""
    return np.maximum(values["x"], 0)


ENTRY = Entry(
    name="srelu",
    default=Srelu(states=16),
    edges=(Srelu(states=2), Srelu(states=3, initial=0), Srelu(states=6, initial=5)),
    planted=Srelu(states=6),
    oracle=mean,
    law=rectified,
)
