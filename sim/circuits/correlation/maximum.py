"""Catalogue entry of `maximum`."""

from __future__ import annotations

from stochastic import Maximum

from ...entry import Entry
from ...oracles.correlated_gates import expect_gate
from ...oracles.laws import larger

__all__ = ["ENTRY"]


def mean(parameters, cycles, lanes, rng):
    """Expect p + q - r."""
    return expect_gate(
        parameters,
        lanes,
        rng,
        "maximum",
        lambda a, b, both: a + b - both,
        "p + q - r",
    )


ENTRY = Entry(
    name="maximum",
    default=Maximum(),
    edges=(Maximum(depth=0), Maximum(depth=2), Maximum(depth=8)),
    planted=Maximum(depth=2),
    oracle=mean,
    law=larger,
)
