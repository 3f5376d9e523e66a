"""Catalogue entry of `deterministic_multiplier`."""

from __future__ import annotations

import numpy as np

from stochastic import DeterministicMultiplier

from ...entry import Entry, Expectation
from ...oracles.laws import product

__all__ = ["ENTRY"]


def exact_product(parameters, cycles, lanes, rng):
    """Expect a b ones in a whole multiplication, and one `last`."""
    first, second = 1 << parameters.width, parameters.second_length
    length = first * second
    a = rng.integers(0, first, lanes, endpoint=True)
    b = rng.integers(0, second, lanes, endpoint=True)
    a[:2], b[:2] = [first, 0][:lanes], [second, 1][:lanes]
    ones = a * b
    if parameters.encoding == "bipolar":
        ones = ones + (first - a) * (second - b)
    return Expectation(
        inputs={"a": np.tile(a, (length, 1)), "b": np.tile(b, (length, 1))},
        measure=lambda outputs: np.stack(
            [outputs["product"].sum(axis=0), outputs["last"].sum(axis=0), outputs["last"][-1]]
        ),
        expected=np.stack([ones, np.ones(lanes), np.ones(lanes)]),
        tolerance=0,
        source="Jenson and Riedel 2016: every pair of counter values occurs once; a b, exactly",
    )


ENTRY = Entry(
    name="deterministic_multiplier",
    default=DeterministicMultiplier(width=4),
    edges=(
        DeterministicMultiplier(width=2, method="rotation", encoding="bipolar"),
        DeterministicMultiplier(width=2, method="relatively-prime"),
        DeterministicMultiplier(width=4, method="relatively-prime", encoding="bipolar"),
        DeterministicMultiplier(width=6, method="rotation"),
        DeterministicMultiplier(width=8, method="clock-division", encoding="bipolar"),
    ),
    planted=DeterministicMultiplier(width=3, method="relatively-prime", encoding="bipolar"),
    oracle=exact_product,
    law=product,
)
