"""Catalogue entry of `jk_divider`."""

from __future__ import annotations

import numpy as np

from stochastic import JkDivider

from ...entry import Entry
from ...oracles.finite_chains import expect_chain

__all__ = ["ENTRY"]


def quotient(parameters, cycles, lanes, rng):
    """Expect p / (p + q)."""
    p, q = rng.uniform(0.05, 1, (2, lanes))

    def advance(state, word, dividend, divisor):
        return np.where(state, 1 - divisor, dividend), state

    return expect_chain(
        parameters,
        advance,
        2,
        0,
        {"dividend": p, "divisor": q},
        "quotient",
        "p / (p + q), the stationary law of the flip-flop",
        rng,
        limit=p / (p + q),
    )


def share(parameters, values, encoding):
    """Return x / (x + y), for divisors above 0."""
    x, y = values["dividend"], values["divisor"]
    return np.where(y > 0, x / np.where(y > 0, x + y, 1), np.nan)


ENTRY = Entry(name="jk_divider", default=JkDivider(), oracle=quotient, law=share)
