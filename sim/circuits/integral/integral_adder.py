"""Catalogue entry of `integral_adder`."""

from __future__ import annotations

from stochastic import IntegralAdder

from ...entry import Entry, Expectation
from ...simulation.stimulus import random_stimulus

__all__ = ["ENTRY"]


def total(p, cycles, lanes, rng):
    """Expect the sum of all integers in every cycle."""
    inputs = random_stimulus(p, cycles, lanes, rng)
    return Expectation(
        inputs=inputs,
        measure=lambda outputs: outputs["sum"],
        expected=sum(inputs["values"][:, i :: p.fan_in] for i in range(p.fan_in)),
        tolerance=0,
        source="the sum of integers",
    )


ENTRY = Entry(
    name="integral_adder",
    default=IntegralAdder(fan_in=8, range=4),
    edges=(
        IntegralAdder(fan_in=1, range=1),
        IntegralAdder(fan_in=1, range=3, encoding="bipolar"),
        IntegralAdder(fan_in=2, range=5, encoding="bipolar"),
        IntegralAdder(fan_in=7, range=1),
        IntegralAdder(fan_in=3, range=21845, encoding="bipolar"),
    ),
    planted=IntegralAdder(fan_in=3, range=2, encoding="bipolar"),
    oracle=total,
)
