"""Catalogue entry of `inverter`."""

from __future__ import annotations

from stochastic import Inverter

from ...entry import Entry, Expectation

__all__ = ["ENTRY"]


def complement(parameters, cycles, lanes, rng) -> Expectation:
    """Expect N less the ones of the input."""
    x = (rng.random((256, lanes)) < rng.random(lanes)).astype(int)
    return Expectation(
        inputs={"x": x},
        measure=lambda outputs: outputs["y"].sum(axis=0),
        expected=256 - x.sum(axis=0),
        tolerance=0,
        source="N less the ones of x, exactly",
    )


def negated(parameters, values, encoding):
    """Return 1 - x, or -x of a bipolar stream."""
    return (1 if encoding == "unipolar" else 0) - values["x"]


ENTRY = Entry(name="inverter", default=Inverter(), oracle=complement, law=negated)
