"""Expectations of delays."""

from __future__ import annotations

import numpy as np

from ..entry import Expectation

__all__ = ["delayed"]


def delayed(parameters, cycles, lanes, rng):
    """Expect the bits of port x at port y, later by the latency, and zeros before."""
    x = rng.integers(0, 2, (cycles, lanes))
    before = np.zeros((parameters.latency, lanes), np.int64)
    return Expectation(
        inputs={"x": x},
        measure=lambda outputs: outputs["y"],
        expected=np.concatenate([before, x])[:cycles],
        tolerance=0,
        source="y of cycle t is x of cycle t - D, exactly",
    )
