"""Catalogue entry of `toggle_adder`."""

from __future__ import annotations

from stochastic import ToggleAdder

from ...entry import Entry, Expectation
from ...oracles.independent_bits import random_streams

__all__ = ["ENTRY"]


def half_of_the_ones(parameters, cycles, lanes, rng):
    """Expect floor((A + B + initial) / 2) ones up to every cycle."""
    a, b = (random_streams(rng, 1000, rng.random(lanes)) for _ in range(2))
    return Expectation(
        inputs={"a": a, "b": b},
        measure=lambda outputs: outputs["mean"].cumsum(axis=0),
        expected=(a.cumsum(axis=0) + b.cumsum(axis=0) + parameters.initial) // 2,
        tolerance=0,
        source=(
            "equal bits pass, and of the lone ones every second: floor((A + B + initial) / 2) "
            "ones up to every cycle, exactly"
        ),
    )


def half_the_sum(parameters, values, encoding):
    """Return (a + b) / 2."""
    return (values["a"] + values["b"]) / 2


ENTRY = Entry(
    name="toggle_adder",
    default=ToggleAdder(),
    edges=(ToggleAdder(initial=1),),
    oracle=half_of_the_ones,
    law=half_the_sum,
)
