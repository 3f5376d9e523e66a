"""Catalogue entry of `parallel_sobol`."""

from __future__ import annotations

import numpy as np

from stochastic import ParallelSobol

from ...entry import Entry, Expectation

__all__ = ["ENTRY"]


def gray_code(p, cycles, lanes, rng) -> Expectation:
    """Expect each word as the XOR of the direction numbers at the ones of its Gray code."""
    index = np.arange(cycles * p.count) % (1 << p.width)
    gray = index ^ index >> 1
    expected = np.zeros(len(index), np.int64)
    for i, direction in enumerate(p.serial.directions):
        expected ^= (gray >> i & 1) * direction
    return Expectation(
        inputs={},
        measure=lambda outputs: outputs["words"],
        expected=np.tile(expected.reshape(cycles, p.count), (1, lanes)),
        tolerance=0,
        source="the definition of the Sobol sequence in the order of Antonov and Saleev, 1979",
    )


ENTRY = Entry(
    name="parallel_sobol",
    default=ParallelSobol(width=8, count=4),
    edges=(
        ParallelSobol(width=2, count=2),
        ParallelSobol(width=3, count=4, dimension=1),
        ParallelSobol(width=4, count=8, dimension=1023),
        ParallelSobol(width=8, count=2, dimension=2),
        ParallelSobol(width=8, count=8, dimension=1),
        ParallelSobol(width=24, count=8, dimension=63),
    ),
    planted=ParallelSobol(width=5, count=4, dimension=2),
    oracle=gray_code,
)
