"""Catalogue entry of `gaines_divider`."""

from __future__ import annotations

import numpy as np

from stochastic import GainesDivider, Lfsr, Sobol, VanDerCorput

from ...entry import Entry
from ...oracles.finite_chains import expect_chain
from ...oracles.integrators import piecewise_probabilities
from ...oracles.laws import ratio

__all__ = ["ENTRY"]


def quotient(parameters, cycles, lanes, rng):
    """Expect x / y in the long run, and the exact law of the counter in each cycle."""
    y = rng.uniform(0.3, 1, lanes)
    x = y * rng.random(lanes)
    full, initial = 1 << parameters.width, parameters.initial

    def advance(value, word, dividend, divisor):
        one = (word < value).astype(np.int64)
        return np.minimum(value + dividend - (one & divisor), full), one

    return expect_chain(
        parameters,
        advance,
        full + 1,
        initial,
        {"dividend": x, "divisor": y},
        "quotient",
        "x / y in the long run, where the counter is at rest",
        rng,
        limit=x / y,
    )


def piecewise_streams(parameters, cycles, lanes, rng):
    """Return streams whose means jump, to 0 and 1 among others."""
    return {
        name: (rng.random((cycles, lanes)) < chance).astype(np.int64)
        for name in ("dividend", "divisor")
        for chance in [piecewise_probabilities(parameters, cycles, lanes, rng)]
    }


ENTRY = Entry(
    name="gaines_divider",
    default=GainesDivider(width=8, generator=Lfsr(width=8)),
    edges=(
        GainesDivider(width=1, generator=VanDerCorput(width=1)),
        GainesDivider(width=4, generator=Lfsr(width=4, zero_state=True), initial=0),
        GainesDivider(width=6, generator=Sobol(width=6), initial=64),
    ),
    planted=GainesDivider(width=4, generator=Lfsr(width=4)),
    oracle=quotient,
    stimulus=piecewise_streams,
    law=ratio,
)
