"""Catalogue entry of `integral_scaler`."""

from __future__ import annotations

import numpy as np

from stochastic import IntegralScaler

from ...entry import Entry, Expectation
from ...simulation.stimulus import random_stimulus

__all__ = ["ENTRY"]


def sums(p, cycles, lanes, rng):
    """Expect the sum of outputs so far to be that of inputs, divided and rounded down."""
    inputs = random_stimulus(p, 256, lanes, rng)
    return Expectation(
        inputs=inputs,
        measure=lambda outputs: outputs["scaled"].cumsum(axis=0),
        expected=np.floor(inputs["value"].cumsum(axis=0) / 2**p.shift),
        tolerance=0,
        source="floor(sum of inputs / 2^k) after every cycle",
    )


ENTRY = Entry(
    name="integral_scaler",
    default=IntegralScaler(range=8, shift=2),
    edges=(
        IntegralScaler(range=1, shift=1),
        IntegralScaler(range=1, shift=16, encoding="bipolar"),
        IntegralScaler(range=5, shift=1, encoding="bipolar"),
        IntegralScaler(range=65536, shift=3, encoding="bipolar"),
    ),
    planted=IntegralScaler(range=5, shift=2, encoding="bipolar"),
    oracle=sums,
)
