"""Laws of the dividers that read the dividend where the divisor is 1."""

from __future__ import annotations

import numpy as np

from ..entry import Expectation
from .finite_chains import CYCLES, expect_chain
from .independent_bits import random_streams

__all__ = ["expect_quotient"]

# Histories up to this size are states of the exact chain.
MOST_HISTORY = 8


def expect_quotient(parameters, depth, lanes, rng):
    """Expect the quotient of independent streams.

    Parameters
    ----------
    parameters : ConditionalQuotient
    depth : int
        Ones of the dividend that can be held back; 0 for none.
    """
    q = rng.uniform(0.3, 0.95, lanes)
    p = q * rng.uniform(0.1, 0.9, lanes)
    size = parameters.history
    ratio = p * (1 - q) / (q * (1 - p))
    power = ratio ** (depth + 1)
    limit = p + (1 - p) * (ratio - power) / (1 - power)
    means = {"dividend": p, "divisor": q}
    if size > MOST_HISTORY:
        return _with_correlated_picks(means, limit, size, rng)
    mask = (1 << size) - 1

    def advance(state, word, x, y):
        held, history = state >> size, state & mask
        released = (held > 0) & (y == 1) & (x == 0)
        stored = (held < depth) & (y == 0) & (x == 1)
        kept = np.where(released, 1, x)
        one = kept if y else history >> word & 1
        moved = (history << 1 | kept) & mask if y else history
        return (held + stored - released) << size | moved, one

    start = sum(1 << i for i in range(1, size, 2))
    return expect_chain(
        parameters,
        advance,
        (depth + 1) << size,
        start,
        means,
        "quotient",
        "the probability of x' given y, p + (1 - p) P(held > 0)",
        rng,
        limit=limit,
    )


def _with_correlated_picks(means, limit, size, rng):
    """Expect the limit with a bound of the deviation for a long history."""
    # Each quotient is picked about 1 / y times, and those of one history depend on each other.
    spread = np.sqrt(limit * (1 - limit) * 2 / (CYCLES * means["divisor"]))
    return Expectation(
        inputs={name: random_streams(rng, CYCLES, p) for name, p in means.items()},
        measure=lambda outputs: outputs["quotient"].mean(axis=0),
        expected=limit,
        tolerance=5 * spread + size / CYCLES,
        source=(
            "the probability of x given y; five standard deviations of the mean of N y "
            "quotients, each taken up to twice as often as the mean, and the reset history"
        ),
    )
