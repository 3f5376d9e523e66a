"""Catalogue entry of `halton`."""

from __future__ import annotations

import numpy as np

from stochastic import Halton

from ...entry import Entry, Expectation

__all__ = ["ENTRY"]


def one_word_per_stratum(p: Halton, cycles, lanes, rng) -> Expectation:
    """Expect one of b^m words in each stratum of size b^-m, in an aligned window."""
    points = 1
    while points * p.base <= min(cycles // 2, p.period):
        points *= p.base
    first = -p.phase % points
    window = slice(first, first + points)
    # A point lies within b^-m above the start of its stratum, and its word, rounded down,
    # less than 2^-n below the point.
    return Expectation(
        inputs={},
        measure=lambda outputs: np.sort(outputs["word"][window], axis=0) / (1 << p.width),
        expected=np.repeat((np.arange(points)[:, None] + 0.5) / points, lanes, axis=1),
        tolerance=0.5 / points + 2.0**-p.width,
        source="|x - (i + 1/2) / b^m| <= 1/2 b^-m for point i, and 2^-n for rounding down",
    )


ENTRY = Entry(
    name="halton",
    default=Halton(width=8, base=3),
    edges=(
        *(
            Halton(width=width, base=base, phase=base**width // 3)
            for width in (1, 8, 12, 16)
            for base in (2, 3, 5, 6, 7)
        ),
        Halton(width=24, base=63, phase=63**5 - 20),
        Halton(width=24, base=64),
    ),
    oracle=one_word_per_stratum,
)
