"""Catalogue entry of `desynchronizer`."""

from __future__ import annotations

from stochastic import Desynchronizer

from ...entry import Entry
from ...oracles.held_ones import expect_pair_means, pair_of_streams
from ...oracles.laws import pair
from ...oracles.synchronized import desynchronized_pair

__all__ = ["ENTRY"]


def means(parameters, cycles, lanes, rng):
    """Expect the values kept, and the stationary probability of a pair."""
    p, q, inputs = pair_of_streams(rng, lanes)
    up, down, both, first, second = desynchronized_pair(p, q, parameters.depth)
    return expect_pair_means(
        inputs,
        up,
        down,
        0,
        [first, second, both],
        [
            lambda outputs: outputs["a_out"],
            lambda outputs: outputs["b_out"],
            lambda outputs: outputs["a_out"] & outputs["b_out"],
        ],
        "p, q, and P(S = D) p q with the geometric law of S",
    )


ENTRY = Entry(
    name="desynchronizer",
    default=Desynchronizer(),
    edges=(Desynchronizer(depth=2), Desynchronizer(depth=8)),
    planted=Desynchronizer(depth=2),
    oracle=means,
    law=pair,
)
