"""Catalogue entry of `selector`."""

from __future__ import annotations

import numpy as np

from stochastic import Selector

from ...entry import Entry, Expectation
from ...oracles.laws import mean_of_streams

__all__ = ["ENTRY"]


def one_stream_a_word(parameters, cycles, lanes, rng) -> Expectation:
    """Expect each stream to be selected by its share of all words."""
    n, k = min(parameters.width, 12), parameters.fan_in
    words = rng.permutation(1 << n) << (parameters.width - n)
    chosen = rng.integers(0, k, lanes)
    streams = np.zeros((1 << n, lanes, k), np.int64)
    streams[:, np.arange(lanes), chosen] = 1
    # Stream i has the words from the least with floor(R K / 2^n) = i on.
    total = 1 << n
    ends = -(-np.arange(k + 1) * total // k)
    return Expectation(
        inputs={
            "word": np.tile(words[:, None], (1, lanes)),
            "streams": streams.reshape(1 << n, -1),
        },
        measure=lambda outputs: outputs["mean"].sum(axis=0),
        expected=np.diff(ends)[chosen],
        tolerance=0,
        source="stream i has the words R from ceil(i 2^n / K) up to the next one's, exactly",
    )


ENTRY = Entry(
    name="selector",
    default=Selector(width=8, fan_in=4),
    edges=(
        Selector(width=1, fan_in=2),
        Selector(width=4, fan_in=5, order=(2, 3, 0, 1)),
        Selector(width=3, fan_in=8),
        Selector(width=32, fan_in=3),
    ),
    planted=Selector(width=4, fan_in=5, order=(2, 3, 0, 1)),
    oracle=one_stream_a_word,
    law=mean_of_streams,
)
