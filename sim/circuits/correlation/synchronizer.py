"""Catalogue entry of `synchronizer`."""

from __future__ import annotations

from stochastic import Synchronizer

from ...entry import Entry
from ...oracles.held_ones import expect_pair_means, pair_of_streams
from ...oracles.laws import pair
from ...oracles.synchronized import synchronized_pair

__all__ = ["ENTRY"]


def means(parameters, cycles, lanes, rng):
    """Expect the values kept, and the stationary probability of a pair."""
    p, q, inputs = pair_of_streams(rng, lanes)
    up, down, both, first, second = synchronized_pair(p, q, parameters.depth)
    return expect_pair_means(
        inputs,
        up,
        down,
        parameters.depth,
        [first, second, both],
        [
            lambda outputs: outputs["a_out"],
            lambda outputs: outputs["b_out"],
            lambda outputs: outputs["a_out"] & outputs["b_out"],
        ],
        "p, q, and p q + P(S < 0) p (1 - q) + P(S > 0) q (1 - p) with the geometric law of S",
    )


ENTRY = Entry(
    name="synchronizer",
    default=Synchronizer(),
    edges=(Synchronizer(depth=2), Synchronizer(depth=8)),
    planted=Synchronizer(depth=2),
    oracle=means,
    law=pair,
)
