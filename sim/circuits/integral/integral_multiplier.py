"""Catalogue entry of `integral_multiplier`."""

from __future__ import annotations

from stochastic import IntegralMultiplier

from ...entry import Entry, Expectation
from ...simulation.stimulus import random_stimulus

__all__ = ["ENTRY"]


def product(p, cycles, lanes, rng):
    """Expect the product of the integers in every cycle."""
    inputs = random_stimulus(p, cycles, lanes, rng)
    return Expectation(
        inputs=inputs,
        measure=lambda outputs: outputs["product"],
        # A sum of a, |b| times, in place of the product that the model takes.
        expected=sum(
            inputs["a"] * ((inputs["b"] > i).astype(int) - (inputs["b"] < -i).astype(int))
            for i in range(p.range_b)
        ),
        tolerance=0,
        source="the product of integers as a repeated sum",
    )


ENTRY = Entry(
    name="integral_multiplier",
    default=IntegralMultiplier(range_a=4, range_b=4),
    edges=(
        IntegralMultiplier(range_a=1, range_b=1),
        IntegralMultiplier(range_a=1, range_b=1, encoding_a="bipolar", encoding_b="bipolar"),
        IntegralMultiplier(range_a=8, range_b=1, encoding_a="bipolar"),
        IntegralMultiplier(range_a=8, range_b=1, encoding_b="bipolar"),
        IntegralMultiplier(range_a=5, range_b=3, encoding_a="bipolar", encoding_b="bipolar"),
        IntegralMultiplier(range_a=4096, range_b=16, encoding_a="bipolar"),
    ),
    planted=IntegralMultiplier(range_a=3, range_b=2, encoding_a="bipolar"),
    oracle=product,
)
