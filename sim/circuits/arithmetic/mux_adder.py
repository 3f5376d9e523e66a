"""Catalogue entry of `mux_adder`."""

from __future__ import annotations

import numpy as np

from stochastic import Lfsr, MuxAdder, Sobol, VanDerCorput

from ...entry import Entry, Expectation
from ...oracles.laws import mean_of_streams

__all__ = ["ENTRY"]


def mean_of_inputs(parameters, cycles, lanes, rng) -> Expectation:
    """Expect the average of the means of all inputs."""
    k, generator = parameters.fan_in, parameters.generator
    words = 1 << generator.width
    # Whole periods of the generator, or the beginning of a period longer than 4096 cycles.
    whole_periods = generator.period * -(-4096 // generator.period)
    cycles = whole_periods if generator.period <= 4096 else 4096
    p = rng.random((lanes, k))
    remainder = words % k
    bias = remainder * (k - remainder) / (k * words) + (generator.period < words) / words
    average = p.mean(axis=1)
    return Expectation(
        inputs={"streams": (rng.random((cycles, lanes * k)) < p.reshape(-1)).astype(np.int64)},
        measure=lambda outputs: outputs["mean"].mean(axis=0),
        expected=average,
        tolerance=bias + 5 * np.sqrt(average * (1 - average) / cycles),
        source=(
            "mean p of the K inputs, variance p (1 - p) / N: five standard deviations; "
            "r (K - r) / (K 2^n) with r = 2^n mod K, as r inputs are selected by one word more "
            "than the others; and 2^-n if the generator omits the word 0"
        ),
    )


ENTRY = Entry(
    name="mux_adder",
    default=MuxAdder(fan_in=4, generator=Lfsr(width=8)),
    edges=(
        MuxAdder(fan_in=2, generator=VanDerCorput(width=1)),
        MuxAdder(fan_in=3, generator=VanDerCorput(width=2)),
        MuxAdder(fan_in=5, generator=Sobol(width=8, dimension=1)),
        MuxAdder(fan_in=8, generator=Lfsr(width=3)),
        MuxAdder(fan_in=16, generator=Lfsr(width=10, zero_state=True)),
        MuxAdder(fan_in=65, generator=VanDerCorput(width=32)),
    ),
    oracle=mean_of_inputs,
    law=mean_of_streams,
)
