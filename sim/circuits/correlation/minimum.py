"""Catalogue entry of `minimum`."""

from __future__ import annotations

from stochastic import Minimum

from ...entry import Entry
from ...oracles.correlated_gates import expect_gate
from ...oracles.laws import smaller

__all__ = ["ENTRY"]


def mean(parameters, cycles, lanes, rng):
    """Expect r."""
    return expect_gate(
        parameters,
        lanes,
        rng,
        "minimum",
        lambda a, b, both: both,
        "r",
    )


ENTRY = Entry(
    name="minimum",
    default=Minimum(),
    edges=(Minimum(depth=0), Minimum(depth=2), Minimum(depth=8)),
    planted=Minimum(depth=2),
    oracle=mean,
    law=smaller,
)
