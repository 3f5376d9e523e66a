"""Catalogue entry of `counter`."""

from __future__ import annotations

import numpy as np

from stochastic import Counter

from ...entry import Entry, Expectation

__all__ = ["ENTRY"]


def counted_words(p: Counter, cycles, lanes, rng) -> Expectation:
    """Expect every word in closed form."""
    count = (np.arange(cycles) + p.phase) % (1 << p.width)
    if p.direction == "down":
        count = (1 << p.width) - 1 - count
    return Expectation(
        inputs={},
        measure=lambda outputs: outputs["word"],
        expected=np.repeat(count[:, None], lanes, axis=1),
        tolerance=0,
        source="definition: word t is t mod 2^n, and counting down 2^n - 1 - (t mod 2^n)",
    )


ENTRY = Entry(
    name="counter",
    default=Counter(width=8),
    edges=(
        Counter(width=1),
        Counter(width=1, direction="down", phase=1),
        Counter(width=8, phase=200),
        Counter(width=32, phase=2**32 - 20),
        Counter(width=32, direction="down", phase=5),
    ),
    oracle=counted_words,
)
