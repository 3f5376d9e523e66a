"""Catalogue entry of `saturating_adder`."""

from __future__ import annotations

from stochastic import SaturatingAdder

from ...entry import Entry
from ...oracles.correlated_gates import expect_gate

__all__ = ["ENTRY"]


def mean(parameters, cycles, lanes, rng):
    """Expect p + q - r."""
    return expect_gate(
        parameters,
        lanes,
        rng,
        "sum",
        lambda a, b, both: a + b - both,
        "p + q - r",
    )


def clipped_sum(parameters, values, encoding):
    """Return min(a + b, 1)."""
    return (values["a"] + values["b"]).clip(max=1)


ENTRY = Entry(
    name="saturating_adder",
    default=SaturatingAdder(),
    edges=(SaturatingAdder(depth=0), SaturatingAdder(depth=2), SaturatingAdder(depth=8)),
    planted=SaturatingAdder(depth=2),
    oracle=mean,
    law=clipped_sum,
)
