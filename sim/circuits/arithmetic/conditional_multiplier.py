"""Catalogue entry of `conditional_multiplier`."""

from __future__ import annotations

import numpy as np

from stochastic import ConditionalMultiplier, Lfsr, Sobol, VanDerCorput

from ...entry import Entry, Expectation
from ...oracles.independent_bits import random_streams
from ...oracles.laws import product

__all__ = ["ENTRY"]

CYCLES = 1000


def words_below_the_code(parameters, cycles, lanes, rng):
    """Expect as many ones as words below the code, among as many words as the stream's ones."""
    n = parameters.generator.width
    words = parameters.generator.words(CYCLES)
    code = rng.integers(0, 1 << n, lanes, endpoint=True)
    code[:2] = [1 << n, 0][: min(lanes, 2)]
    stream = random_streams(rng, CYCLES, rng.random(lanes))
    below = np.concatenate([np.zeros((1, lanes), int), (words[:, None] < code).cumsum(axis=0)])
    lane = np.arange(lanes)
    ones = stream.cumsum(axis=0)
    expected = below[ones, lane]
    if parameters.encoding == "bipolar":
        zeros = np.arange(1, CYCLES + 1)[:, None] - ones
        expected = expected + zeros - below[zeros, lane]
    return Expectation(
        inputs={"stream": stream, "code": np.tile(code, (CYCLES, 1))},
        measure=lambda outputs: outputs["product"].cumsum(axis=0),
        expected=expected,
        tolerance=0,
        source=(
            "the stream's A ones meet the first A words of the sequence, ISCA 2020 (4): the "
            "number of those below the code, exactly and in every cycle"
        ),
    )


ENTRY = Entry(
    name="conditional_multiplier",
    default=ConditionalMultiplier(generator=Sobol(width=8)),
    edges=(
        ConditionalMultiplier(generator=VanDerCorput(width=1), encoding="bipolar"),
        ConditionalMultiplier(generator=Lfsr(width=3), encoding="bipolar"),
        ConditionalMultiplier(generator=Lfsr(width=16)),
    ),
    planted=ConditionalMultiplier(generator=VanDerCorput(width=3), encoding="bipolar"),
    oracle=words_below_the_code,
    law=product,
)
