"""Catalogue entry of `unified_adder`."""

from __future__ import annotations

import numpy as np

from stochastic import UnifiedAdder

from ...entry import Entry, Expectation
from ...oracles.carries import number_of_ones_law, saturating_carries
from ...oracles.independent_bits import random_streams

__all__ = ["ENTRY"]

CYCLES = 2000


def carries(parameters, cycles, lanes, rng):
    """Expect the ones of the streams without what the exact law of the accumulator keeps."""
    k, bipolar = parameters.fan_in, parameters.encoding == "bipolar"
    # Values whose sum is inside full scale for most lanes, and outside for some.
    value = rng.uniform(-1.2, 1.2, lanes) if bipolar else rng.uniform(0, 1.5, lanes)
    mean = np.clip(((value + k) / 2 if bipolar else value) / k, 0, 1)
    p = np.repeat(mean, k)
    # A one counts two halves, and each cycle takes K - 1 halves.
    limits = (0, 2**parameters.width - 1)
    if bipolar:
        limits = (-(2 ** (parameters.width - 1)), 2 ** (parameters.width - 1) - 1)
    rules = (2, k - 1, 2, limits) if bipolar else (1, 0, 1, limits)
    expected, deviation = [], []
    for lane in range(lanes):
        law = number_of_ones_law(p[lane * k : (lane + 1) * k])
        mean_ones, spread = saturating_carries(law, *rules, CYCLES)
        expected.append(mean_ones)
        deviation.append(spread)
    return Expectation(
        inputs={"streams": random_streams(rng, CYCLES, p)},
        measure=lambda outputs: outputs["sum"].sum(axis=0),
        expected=np.array(expected),
        tolerance=5 * np.array(deviation) + 1e-6 * CYCLES,
        source=(
            "C - L k (K - 1) / 2 - S_L, ISCA 2020 (16), with the exact mean of what is left in "
            "the accumulator; five standard deviations of the number of ones, exact too"
        ),
    )


def drifting_streams(parameters, cycles, lanes, rng):
    """Return streams whose sum is in turn above, inside and below full scale."""
    shape = (-(-cycles // 128), lanes)
    chance = rng.choice([0, 0.2, 0.5, 0.6, 1], shape).repeat(128, axis=0)[:cycles]
    chance = chance.repeat(parameters.fan_in, axis=1)
    return {"streams": (rng.random(chance.shape) < chance).astype(np.int64)}


def clipped_sum(parameters, values, encoding):
    """Return the sum, clipped to what a stream can be."""
    return np.clip(values["streams"].sum(axis=-1), -1 if encoding == "bipolar" else 0, 1)


ENTRY = Entry(
    name="unified_adder",
    default=UnifiedAdder(fan_in=4, width=8),
    edges=(
        UnifiedAdder(fan_in=2, encoding="bipolar", width=4),
        UnifiedAdder(fan_in=3, width=3),
        UnifiedAdder(fan_in=5, encoding="bipolar", width=7),
        UnifiedAdder(fan_in=33, encoding="bipolar", width=8),
    ),
    # With an even K the accumulator takes odd numbers of halves, too.
    planted=UnifiedAdder(fan_in=4, encoding="bipolar", width=5),
    oracle=carries,
    stimulus=drifting_streams,
    law=clipped_sum,
)
