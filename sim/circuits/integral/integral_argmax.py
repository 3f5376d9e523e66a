"""Catalogue entry of `integral_argmax`."""

from __future__ import annotations

import numpy as np

from stochastic import IntegralArgmax

from ...entry import Entry, Expectation

__all__ = ["ENTRY"]


def labels(p, cycles, lanes, rng):
    """Expect the number of the largest sum of each set."""
    sets, turns = 40, p.classes // p.parallel
    most = min(p.limit, 3)
    sums = rng.integers(-most, most + 1, (sets, lanes, p.classes))
    beats = np.zeros((sets, turns + 1, lanes, p.parallel), int)
    beats[:, :turns] = sums.reshape(sets, lanes, turns, p.parallel).transpose(0, 2, 1, 3)
    total = sets * (turns + 1)
    return Expectation(
        inputs={
            "input_valid": np.ones((total, lanes), int),
            "sums": beats.reshape(total, -1),
            "output_ready": np.ones((total, lanes), int),
        },
        measure=lambda outputs: np.concatenate(
            [outputs[name][outputs["output_valid"][:, 0] == 1] for name in ("label", "largest")]
        ),
        expected=np.concatenate([sums.argmax(axis=2), sums.max(axis=2)]),
        tolerance=0,
        source="the first of the largest sums",
    )


ENTRY = Entry(
    name="integral_argmax",
    default=IntegralArgmax(classes=10, parallel=2, limit=1000),
    edges=(
        IntegralArgmax(classes=2, parallel=1, limit=1),
        IntegralArgmax(classes=3, parallel=3, limit=100),
        IntegralArgmax(classes=10, parallel=5, limit=823_296),
    ),
    planted=IntegralArgmax(classes=6, parallel=3, limit=3),
    oracle=labels,
)
