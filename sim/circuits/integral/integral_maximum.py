"""Catalogue entry of `integral_maximum`."""

from __future__ import annotations

import numpy as np

from stochastic import IntegralMaximum

from ...entry import Entry, Expectation

__all__ = ["ENTRY"]


def largest(p, cycles, lanes, rng):
    """Expect the largest of constant inputs from the second cycle on.

    Constant streams with integers c take one cycle to separate: all sums are 0 in cycle 0, in
    which the first stream passes; from then on the largest has the largest sum.
    """
    low, high = p.inputs[0].range
    constants = rng.integers(low, high + 1, (lanes, p.fan_in))
    inputs = np.tile(constants.reshape(-1), (64, 1))
    return Expectation(
        inputs={"values": inputs},
        measure=lambda outputs: outputs["maximum"],
        expected=np.vstack([constants[:, 0], np.tile(constants.max(axis=1), (63, 1))]),
        tolerance=0,
        source="constant streams: the first in cycle 0, then the largest",
    )


def raised_in_turn(p):
    """Return the largest value on the second input and on the first in turn.

    Each time it is on the one whose sum is behind, which overtakes the other, so that both
    rise to their end. In the pause that follows the second one is ahead, so that a sum of the
    first one that goes on would overtake it.
    """
    low, high = p.inputs[0].range
    cycles = 33 + min(1 << p.counter_bits, 1 << 12)
    inputs = np.full((cycles, p.fan_in), low)
    inputs[np.arange(cycles), (np.arange(cycles) + 1) % 2] = high
    return {"values": inputs}


ENTRY = Entry(
    name="integral_maximum",
    default=IntegralMaximum(fan_in=4, range=4),
    edges=(
        IntegralMaximum(fan_in=2),
        IntegralMaximum(fan_in=2, counter_bits=2, encoding="bipolar"),
        IntegralMaximum(fan_in=5, range=3, encoding="bipolar", counter_bits=6),
        IntegralMaximum(fan_in=9, range=8, counter_bits=12),
    ),
    planted=IntegralMaximum(fan_in=3, range=2, encoding="bipolar", counter_bits=4),
    oracle=largest,
    directed=raised_in_turn,
)
