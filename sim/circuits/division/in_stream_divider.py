"""Catalogue entry of `in_stream_divider`."""

from __future__ import annotations

from stochastic import Counter, InStreamDivider, Lfsr

from ...entry import Entry
from ...oracles.conditional_quotients import expect_quotient
from ...oracles.laws import ratio

__all__ = ["ENTRY"]


def quotient(parameters, cycles, lanes, rng):
    """Expect p + (1 - p) P(held > 0) with the geometric law of what is held."""
    return expect_quotient(parameters, parameters.depth, lanes, rng)


ENTRY = Entry(
    name="in_stream_divider",
    default=InStreamDivider(generator=Counter(width=1)),
    edges=(
        InStreamDivider(depth=1),
        InStreamDivider(depth=4, generator=Lfsr(width=3)),
        InStreamDivider(depth=63),
    ),
    planted=InStreamDivider(depth=2, generator=Counter(width=1)),
    oracle=quotient,
    law=ratio,
)
