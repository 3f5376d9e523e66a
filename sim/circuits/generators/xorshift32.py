"""Catalogue entry of `xorshift32`."""

from __future__ import annotations

import math

from stochastic import Xorshift32

from ...entry import Entry, Expectation

__all__ = ["ENTRY"]


def mean_of_words(p: Xorshift32, cycles, lanes, rng) -> Expectation:
    """Expect the mean of independent uniform words."""
    levels = 1 << p.width
    # The variance of a uniform n-bit word is (1 - 4^-n) / 12, in units of full scale squared.
    deviation = math.sqrt((1 - levels**-2) / 12 / cycles)
    return Expectation(
        inputs={},
        measure=lambda outputs: outputs["word"].mean() / levels,
        expected=(levels - 1) / (2 * levels),
        tolerance=5 * deviation,
        source="mean (1 - 2^-n) / 2; five standard deviations, sqrt((1 - 4^-n) / (12 N))",
    )


ENTRY = Entry(
    name="xorshift32",
    default=Xorshift32(width=32, seed=2463534242),
    edges=(
        Xorshift32(width=1, phase=1),
        Xorshift32(width=8, seed=2**32 - 1, phase=10**9),
        Xorshift32(width=32, phase=2**32 - 20),
    ),
    oracle=mean_of_words,
)
