"""Catalogue entry of `or_adder`."""

from __future__ import annotations

import numpy as np

from stochastic import OrAdder

from ...entry import Entry
from ...oracles.independent_bits import expect_independent_bits, random_streams

__all__ = ["ENTRY"]


def mean(parameters, cycles, lanes, rng):
    """Expect 1 - (1 - p1)(1 - p2)...(1 - pK)."""
    k = parameters.fan_in
    p = rng.random((lanes, k)) * min(1, 4 / k)
    return expect_independent_bits(
        {"streams": random_streams(rng, 4096, p.reshape(-1))},
        "sum",
        1 - (1 - p).prod(axis=1),
        "1 - (1 - p1)(1 - p2)...(1 - pK) for independent streams",
    )


def sparse_streams(parameters, cycles, lanes, rng):
    """Return streams with about one 1 a cycle among them, and with stretches of extremes."""
    k = parameters.fan_in
    shape = (-(-cycles // 64), lanes, 1)
    chance = rng.choice([0, 0.5 / k, 2 / k, 0.5, 1], shape) * np.ones(k)
    chance = np.repeat(chance.reshape(len(chance), -1), 64, axis=0)[:cycles]
    return {"streams": (rng.random(chance.shape) < chance).astype(np.int64)}


def any_one(parameters, values, encoding):
    """Return 1 - (1 - p1)(1 - p2)...(1 - pK)."""
    return 1 - (1 - values["streams"]).prod(axis=-1)


ENTRY = Entry(
    name="or_adder",
    default=OrAdder(fan_in=4),
    edges=(OrAdder(fan_in=2), OrAdder(fan_in=3), OrAdder(fan_in=65)),
    planted=OrAdder(fan_in=3),
    oracle=mean,
    stimulus=sparse_streams,
    law=any_one,
)
