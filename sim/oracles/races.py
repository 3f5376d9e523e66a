"""Expectations of race logic."""

from __future__ import annotations

import numpy as np

from ..entry import Expectation

__all__ = ["expect_time", "random_edges"]


def random_edges(rng, cycles, lanes):
    """Return random times ``[lanes]`` and edges ``[cycles, lanes]`` that rise at them."""
    times = rng.integers(0, cycles, lanes, endpoint=True)
    return times, (np.arange(cycles)[:, None] >= times).astype(np.int64)


def expect_time(inputs, port, times, cycles):
    """Expect an edge at a port at given times ``[lanes]``, and nothing else."""
    return Expectation(
        inputs=inputs,
        measure=lambda outputs: outputs[port],
        expected=(np.arange(cycles)[:, None] >= times).astype(np.int64),
        tolerance=0,
        source="a time is the number of cycles before the edge rises, exactly",
    )
