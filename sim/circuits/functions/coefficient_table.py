"""Catalogue entry of `coefficient_table`."""

from __future__ import annotations

import itertools

import numpy as np

from stochastic import CoefficientTable

from ...entry import Entry, Expectation
from ...oracles.laws import bernstein

__all__ = ["ENTRY"]


def mean_code(parameters, values, encoding):
    """Return the mean of the coefficients that copies of x select."""
    return bernstein(parameters.codes, values["x"])


def every_input(parameters, cycles, lanes, rng) -> Expectation:
    """Expect the code of the number of ones, for every input or 4096 random ones."""
    n = parameters.degree
    if n <= 10:
        rows = np.array(list(itertools.product((0, 1), repeat=n)))
    else:
        rows = (rng.random((4096, n)) < rng.random((4096, 1))).astype(np.int64)
    codes = np.array(parameters.codes)
    return Expectation(
        inputs={"x": np.tile(rows, (1, lanes))},
        measure=lambda outputs: outputs["code"],
        expected=np.tile(codes[rows.sum(axis=1)][:, None], (1, lanes)),
        tolerance=0,
        source="the code whose number is that of the ones",
    )


ENTRY = Entry(
    name="coefficient_table",
    default=CoefficientTable(codes=(24, 184, 89, 256, 180, 248, 254), width=8),
    edges=(
        CoefficientTable(codes=(0, 2), width=1),
        CoefficientTable(codes=tuple(range(0, 33 * 7, 7)), width=8),
        CoefficientTable(codes=(1 << 32, 0, 5), width=32),
    ),
    planted=CoefficientTable(codes=(5, 10, 3, 16), width=4),
    oracle=every_input,
    law=mean_code,
)
