"""Catalogue entry of `sobol`."""

from __future__ import annotations

from stochastic import Sobol

from ...entry import Entry
from ...oracles.generators import equidistribution

ENTRY = Entry(
    name="sobol",
    default=Sobol(width=8),
    edges=tuple(
        Sobol(width=width, dimension=dimension, phase=(1 << width) - 1 - width // 2)
        for width in (1, 8, 24)
        for dimension in (0, 1, 2, 63, Sobol.DIMENSIONS - 1)
    ),
    oracle=equidistribution,
)
