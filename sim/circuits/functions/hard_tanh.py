"""Catalogue entry of `hard_tanh`."""

from __future__ import annotations

import numpy as np

from stochastic import HardTanh

from ...entry import Entry
from ...oracles.held_ones import expect_pair_means, pair_of_streams

__all__ = ["ENTRY"]


def mean(parameters, cycles, lanes, rng):
    """Expect p q + u P(S >= K / 2) with the stationary law of the counter."""
    p, q, inputs = pair_of_streams(rng, lanes)
    ones, zeros = (p * q)[:, None], ((1 - p) * (1 - q))[:, None]
    differ = 1 - ones - zeros
    upper = np.arange(parameters.states) >= parameters.states // 2
    return expect_pair_means(
        inputs,
        np.where(upper, ones, ones + differ),
        np.where(upper, zeros + differ, zeros),
        parameters.initial,
        [np.where(upper, ones + differ, ones)],
        [lambda outputs: outputs["y"]],
        "p q + u P(S >= K / 2) with u = p (1 - q) + q (1 - p), the stationary law by detailed "
        "balance",
    )


ENTRY = Entry(
    name="hard_tanh",
    default=HardTanh(states=16),
    edges=(HardTanh(states=2), HardTanh(states=4, initial=0), HardTanh(states=6, initial=5)),
    planted=HardTanh(states=6),
    oracle=mean,
)
