"""Catalogue entry of `xorshift32`."""

from __future__ import annotations

import math

from stochastic import Xorshift32

from ...entry import Entry, Expectation

__all__ = ["ENTRY"]


def independent(p: Xorshift32, cycles, lanes, rng) -> Expectation:
    """Compare the mean with that of independent uniform words."""
    levels = 1 << p.width
    # A uniform word's variance is (1 - 4^-n)/12 of full scale squared; width 1 has 1/16.
    deviation = math.sqrt((1 - levels**-2) / 12 / cycles)
    return Expectation(
        inputs={},
        measure=lambda outputs: outputs["word"].mean() / levels,
        expected=(levels - 1) / (2 * levels),
        tolerance=5 * deviation,
        source="5 standard deviations, sqrt((1 - 4^-n) / (12 cycles)) each",
    )


ENTRY = Entry(
    name="xorshift32",
    default=Xorshift32(width=32, seed=2463534242),
    edges=(
        Xorshift32(width=1, phase=1),
        Xorshift32(width=8, seed=2**32 - 1, phase=10**9),
        Xorshift32(width=32, phase=2**32 - 20),
    ),
    oracle=independent,
)
