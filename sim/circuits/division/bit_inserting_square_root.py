"""Catalogue entry of `bit_inserting_square_root`."""

from __future__ import annotations

import numpy as np

from stochastic import BitInsertingSquareRoot, Counter, Lfsr

from ...entry import Entry
from ...oracles.finite_chains import expect_chain
from ...oracles.laws import square_root

__all__ = ["ENTRY"]


def root(parameters, cycles, lanes, rng):
    """Expect 2 x / (1 + x) without a history, and the exact law of the chain with one."""
    x = rng.uniform(0.05, 1, lanes)
    size = parameters.history
    mask = (1 << size) - 1

    def advance(state, word, bit):
        trace, history = state >> size, state & mask
        one = trace | bit
        set_it = history >> word & 1 if size else one
        return (set_it & 1 - trace) << size | (history << 1 | one) & mask, one

    return expect_chain(
        parameters,
        advance,
        2 << size,
        sum(1 << i for i in range(1, size, 2)),
        {"x": x},
        "root",
        "sqrt(x) if J were independent of Q" if size else "2 x / (1 + x)",
        rng,
        limit=np.sqrt(x) if size else 2 * x / (1 + x),
    )


ENTRY = Entry(
    name="bit_inserting_square_root",
    default=BitInsertingSquareRoot(),
    edges=(
        BitInsertingSquareRoot(generator=Counter(width=1)),
        BitInsertingSquareRoot(generator=Lfsr(width=3)),
    ),
    planted=BitInsertingSquareRoot(generator=Counter(width=2)),
    oracle=root,
    law=square_root,
)
