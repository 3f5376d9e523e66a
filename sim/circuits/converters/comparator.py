"""Catalogue entry of `comparator`."""

from __future__ import annotations

import numpy as np

from stochastic import Comparator

from ...entry import Entry, Expectation
from ...oracles.laws import coded

__all__ = ["ENTRY"]


def ones_of_all_words(parameters, cycles, lanes, rng) -> Expectation:
    """Expect as many ones as the code says, over all words in any order."""
    n = min(parameters.width, 12)
    words = rng.permutation(1 << n) << (parameters.width - n)
    code = rng.integers(0, 1 << n, lanes, endpoint=True)
    code[:2] = [1 << n, 0][:lanes]
    if parameters.order is not None and parameters.width > n:
        # Only the bits that stay zero may stand below those that vary.
        words = words * 0
        code = np.where(code > 0, 1 << n, 0)
    return Expectation(
        inputs={
            "word": np.tile(words[:, None], (1, lanes)),
            "code": np.tile(code << (parameters.width - n), (len(words), 1)),
        },
        measure=lambda outputs: outputs["stream"].sum(axis=0),
        expected=code,
        tolerance=0,
        source="X of the 2^n words are less than X, in whatever order their bits stand",
    )


ENTRY = Entry(
    name="comparator",
    default=Comparator(width=8),
    edges=(
        Comparator(width=1),
        Comparator(width=4, order=(2, 3, 0, 1)),
        Comparator(width=8, order=(7, 6, 5, 4, 3, 2, 1, 0)),
        Comparator(width=32),
    ),
    planted=Comparator(width=4, order=(2, 3, 0, 1)),
    oracle=ones_of_all_words,
    law=coded,
)
