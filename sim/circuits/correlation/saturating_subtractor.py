"""Catalogue entry of `saturating_subtractor`."""

from __future__ import annotations

from stochastic import SaturatingSubtractor

from ...entry import Entry
from ...oracles.correlated_gates import expect_gate

__all__ = ["ENTRY"]


def mean(parameters, cycles, lanes, rng):
    """Expect p - r."""
    return expect_gate(
        parameters,
        lanes,
        rng,
        "difference",
        lambda a, b, both: a - both,
        "p - r",
    )


def positive_part(parameters, values, encoding):
    """Return max(a - b, 0)."""
    return (values["a"] - values["b"]).clip(min=0)


ENTRY = Entry(
    name="saturating_subtractor",
    default=SaturatingSubtractor(),
    edges=(
        SaturatingSubtractor(depth=0),
        SaturatingSubtractor(depth=2),
        SaturatingSubtractor(depth=8),
    ),
    planted=SaturatingSubtractor(depth=2),
    oracle=mean,
    law=positive_part,
)
