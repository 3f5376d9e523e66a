"""Catalogue entry of `hard_tanh`."""

from __future__ import annotations

import numpy as np

from stochastic import HardTanh

from ...entry import Entry, Expectation
from ...oracles.carries import saturating_carries
from ...oracles.independent_bits import random_streams

__all__ = ["ENTRY"]

CYCLES = 2000


def mean(parameters, cycles, lanes, rng):
    """Expect g x, less what the exact law of the counter keeps, and full scale outside."""
    g, width = parameters.gain_factor, parameters.width
    # Values inside full scale and outside of it.
    p = (1 + np.clip(rng.uniform(-1.5, 1.5, lanes) / g, -1, 1)) / 2
    rules = (2 * g, g - 1, 2, (-(2 ** (width - 1)), 2 ** (width - 1) - 1))
    laws = np.array([saturating_carries([1 - one, one], *rules, CYCLES) for one in p])
    return Expectation(
        inputs={"x": random_streams(rng, CYCLES, p)},
        measure=lambda outputs: outputs["y"].sum(axis=0),
        expected=laws[:, 0],
        tolerance=5 * laws[:, 1] + 1e-6 * CYCLES,
        source=(
            "clip(g x, -1, 1) with the exact mean of what is left in the counter; five "
            "standard deviations of the number of ones, exact too"
        ),
    )


def drifting_streams(parameters, cycles, lanes, rng):
    """Return streams that take the counter to both ends, and keep it between them."""
    shape = (-(-cycles // 128), lanes)
    chance = rng.choice([0, 0.45, 0.5, 0.6, 1], shape).repeat(128, axis=0)[:cycles]
    return {"x": (rng.random(chance.shape) < chance).astype(np.int64)}


def clipped_gain(parameters, values, encoding):
    """Return clip(g x, -1, 1)."""
    return np.clip(parameters.gain_factor * values["x"], -1, 1)


ENTRY = Entry(
    name="hard_tanh",
    default=HardTanh(gain_factor=2),
    edges=(
        HardTanh(gain_factor=1, width=3),
        HardTanh(gain_factor=3, width=4),
        HardTanh(gain_factor=31, width=7),
    ),
    # With an even gain the counter takes odd values, too.
    planted=HardTanh(gain_factor=2, width=4),
    oracle=mean,
    stimulus=drifting_streams,
    law=clipped_gain,
)
