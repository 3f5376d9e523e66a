"""Catalogue entry of `integral_relu`."""

from __future__ import annotations

import numpy as np

from stochastic import IntegralReLU

from ...entry import Entry, Expectation

__all__ = ["ENTRY"]


def constants(p, cycles, lanes, rng):
    """Expect constant streams that are not negative to pass, and others but for cycle 0."""
    values = rng.integers(-p.range, p.range + 1, lanes)
    expected = np.tile(np.maximum(values, 0), (64, 1))
    expected[0] = values
    return Expectation(
        inputs={"value": np.tile(values, (64, 1))},
        measure=lambda outputs: outputs["rectified"],
        expected=expected,
        tolerance=0,
        source="max(s, 0) for constant streams, after the first cycle",
    )


def full_counter(p):
    """Return -1, the largest value until the counter is full, and then the smallest.

    After -1 the counter is negative, if it was reset to 0.
    """
    low, high = p.inputs[0].range
    length = 8 + min((1 << p.counter_bits - 1) // p.range, 1 << 16)
    return {"value": np.repeat([-1, high, low], [1, length, 2 * length])[:, None]}


ENTRY = Entry(
    name="integral_relu",
    default=IntegralReLU(range=4),
    edges=(
        IntegralReLU(range=1, counter_bits=2),
        IntegralReLU(range=9, counter_bits=3),
        IntegralReLU(range=65536, counter_bits=32),
    ),
    planted=IntegralReLU(range=3, counter_bits=4),
    oracle=constants,
    directed=full_counter,
)
