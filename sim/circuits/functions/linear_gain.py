"""Catalogue entry of `linear_gain`."""

from __future__ import annotations

import numpy as np

from stochastic import LinearGain

from ...entry import Entry
from ...oracles.birth_death import stationary_law
from ...oracles.state_machines import expect_mean, random_bits

__all__ = ["ENTRY"]


def mean(p, cycles, lanes, rng):
    """Expect the upper half of the stationary law of the gated counter."""
    one = rng.uniform(0.05, 0.95, lanes)
    k = rng.uniform(0.1, 0.9, lanes)
    upper = np.arange(p.states) >= p.states // 2
    up = np.where(upper, one[:, None] * k[:, None], one[:, None])
    down = np.where(upper, 1 - one[:, None], (1 - one[:, None]) * k[:, None])
    laws = [stationary_law(*rates)[0] for rates in zip(up, down, strict=True)]
    return expect_mean(
        p,
        {"x": random_bits(rng, one), "k": random_bits(rng, k)},
        up,
        down,
        upper,
        np.array([law[upper].sum() for law in laws]),
        "the upper half of the stationary law, by detailed balance",
    )


def clipped_gain(parameters, values, encoding):
    """Return clip(x (1 + k) / (1 - k), -1, 1)."""
    x, k = values["x"], values["k"]
    return np.clip(x * (1 + k) / np.where(k < 1, 1 - k, 1e-300), -1, 1)


ENTRY = Entry(
    name="linear_gain",
    default=LinearGain(states=16),
    edges=(
        LinearGain(states=2),
        LinearGain(states=4, initial=0),
        LinearGain(states=6, initial=5),
        LinearGain(states=64),
    ),
    planted=LinearGain(states=6),
    oracle=mean,
    law=clipped_gain,
)
