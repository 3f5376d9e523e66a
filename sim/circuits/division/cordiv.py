"""Catalogue entry of `cordiv`."""

from __future__ import annotations

from stochastic import Cordiv, Counter, Lfsr, Sobol

from ...entry import Entry
from ...oracles.conditional_quotients import expect_quotient
from ...oracles.laws import ratio

__all__ = ["ENTRY"]


def quotient(parameters, cycles, lanes, rng):
    """Expect the probability of x given y: x for independent streams."""
    return expect_quotient(parameters, 0, lanes, rng)


ENTRY = Entry(
    name="cordiv",
    default=Cordiv(),
    edges=(
        Cordiv(generator=Counter(width=1)),
        Cordiv(generator=Lfsr(width=3)),
        Cordiv(generator=Sobol(width=5, dimension=1)),
    ),
    planted=Cordiv(generator=Lfsr(width=3)),
    oracle=quotient,
    law=ratio,
)
