"""Catalogue entries of the generators."""

import numpy as np

from stochastic import Counter

from ..entry import Entry, Expectation

__all__ = ["ENTRIES"]


def uniform(parameters, cycles, lanes, rng) -> Expectation:
    """Every word equally often: the mean of one whole period is (2^n - 1)/2."""
    ...


ENTRIES = (
    Entry(
        name="counter",
        default=Counter(width=8),
        edges=(Counter(width=1), Counter(width=32, direction="down", phase=5)),
        oracle=uniform,
    ),
)
