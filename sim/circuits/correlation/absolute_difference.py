"""Catalogue entry of `absolute_difference`."""

from __future__ import annotations

from stochastic import AbsoluteDifference

from ...entry import Entry
from ...oracles.correlated_gates import expect_gate

__all__ = ["ENTRY"]


def mean(parameters, cycles, lanes, rng):
    """Expect p + q - 2 r."""
    return expect_gate(
        parameters,
        lanes,
        rng,
        "difference",
        lambda a, b, both: a + b - 2 * both,
        "p + q - 2 r",
    )


def difference(parameters, values, encoding):
    """Return |a - b|."""
    return abs(values["a"] - values["b"])


ENTRY = Entry(
    name="absolute_difference",
    default=AbsoluteDifference(),
    edges=(
        AbsoluteDifference(depth=0),
        AbsoluteDifference(depth=2),
        AbsoluteDifference(depth=8),
    ),
    planted=AbsoluteDifference(depth=2),
    oracle=mean,
    law=difference,
)
