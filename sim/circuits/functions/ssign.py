"""Catalogue entry of `ssign`."""

from __future__ import annotations

import numpy as np

from stochastic import Ssign

from ...entry import Entry
from ...oracles.held_ones import CYCLES, expect_pair_means
from ...oracles.independent_bits import random_streams

__all__ = ["ENTRY"]


def mean(p, cycles, lanes, rng):
    """Expect the upper half, and x in the middle, of the stationary law of the counter."""
    one = rng.uniform(0.05, 0.95, lanes)[:, None]
    from_middle = np.arange(p.states) - (p.states - 1) / 2
    up = one + 0 * from_middle
    ones = np.where(np.abs(from_middle) < 1, one, (from_middle > 0) + 0 * one)
    return expect_pair_means(
        {"x": random_streams(rng, CYCLES, one[:, 0])},
        up,
        1 - up,
        p.initial,
        [ones],
        [lambda outputs: outputs["y"]],
        "1 above the middle and x in it, in the geometric law of ratio p / (1 - p)",
    )


def sign_of(parameters, values, encoding):
    """Return the sign."""
    return np.sign(values["x"])


ENTRY = Entry(
    name="ssign",
    default=Ssign(states=32),
    edges=(Ssign(states=4, initial=0), Ssign(states=6, initial=5), Ssign(states=64)),
    planted=Ssign(states=6),
    oracle=mean,
    law=sign_of,
)
