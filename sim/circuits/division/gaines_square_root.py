"""Catalogue entry of `gaines_square_root`."""

from __future__ import annotations

import numpy as np

from stochastic import GainesSquareRoot, Lfsr, VanDerCorput, Xorshift32

from ...entry import Entry
from ...oracles.finite_chains import expect_chain
from ...oracles.integrators import piecewise_probabilities
from ...oracles.laws import square_root

__all__ = ["ENTRY"]


def root(parameters, cycles, lanes, rng):
    """Expect sqrt(x) in the long run, and the exact law of the counter in each cycle."""
    x = rng.random(lanes)
    full, delay = 1 << parameters.width, parameters.delay

    def advance(state, word, bit):
        value, earlier = state >> delay, state & (1 << delay) - 1
        one = (word < value).astype(np.int64)
        moved = np.minimum(value + bit - (one & earlier >> (delay - 1)), full)
        return moved << delay | (earlier << 1 | one) & (1 << delay) - 1, one

    return expect_chain(
        parameters,
        advance,
        (full + 1) << delay,
        parameters.initial << delay,
        {"x": x},
        "root",
        "sqrt(x) in the long run for independent words",
        rng,
        limit=np.sqrt(x),
    )


def piecewise_streams(parameters, cycles, lanes, rng):
    """Return streams whose means jump, to 0 and 1 among others."""
    p = piecewise_probabilities(parameters, cycles, lanes, rng)
    return {"x": (rng.random(p.shape) < p).astype(np.int64)}


ENTRY = Entry(
    name="gaines_square_root",
    default=GainesSquareRoot(width=5, generator=Xorshift32(width=5)),
    edges=(
        GainesSquareRoot(width=1, generator=VanDerCorput(width=1), delay=2),
        GainesSquareRoot(width=3, generator=Lfsr(width=3), initial=0, delay=3),
        GainesSquareRoot(width=4, generator=Lfsr(width=4), initial=16, delay=4),
    ),
    planted=GainesSquareRoot(width=3, generator=Lfsr(width=3), delay=2),
    oracle=root,
    stimulus=piecewise_streams,
    law=square_root,
)
