"""Catalogue entry of `early_decision`."""

from __future__ import annotations

import numpy as np

from stochastic import EarlyDecision

from ...entry import Entry, Expectation

__all__ = ["ENTRY"]


def first_passage(parameters, cycles, lanes, rng):
    """Expect the first passage of the walk of x through either bound."""
    p = rng.choice([0.3, 0.5, 0.55, 0.9], lanes)
    x = (rng.random((cycles, lanes)) < p).astype(np.int64)
    start = parameters.initial
    walk = start + np.concatenate([np.zeros((1, lanes), int), np.cumsum(2 * x - 1, axis=0)])
    outside = (walk <= 0) | (walk >= parameters.states - 1)
    passed = np.logical_or.accumulate(outside, axis=0)
    first = np.where(passed.any(axis=0), outside.argmax(axis=0), len(walk))
    held = walk[np.minimum(np.arange(len(walk))[:, None], first), np.arange(lanes)]
    middle = (parameters.states - 1) / 2
    return Expectation(
        inputs={"x": x},
        measure=lambda outputs: np.stack([outputs["done"], outputs["positive"]]),
        expected=np.stack([passed, held > middle])[:, :-1],
        tolerance=0,
        source="the sum of x until it is at a bound for the first time, exactly",
    )


ENTRY = Entry(
    name="early_decision",
    default=EarlyDecision(states=25),
    edges=(
        EarlyDecision(states=9, initial=7),
        EarlyDecision(states=7, initial=5),
        EarlyDecision(states=1023, initial=4),
    ),
    planted=EarlyDecision(states=7, initial=2),
    oracle=first_passage,
)
