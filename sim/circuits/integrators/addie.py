"""Catalogue entry of `addie`."""

from __future__ import annotations

import numpy as np

from stochastic import Addie, Lfsr, Sobol, VanDerCorput

from ...entry import Entry, Expectation
from ...oracles.integrators import NARROW, moves_to_words, piecewise_probabilities
from ...oracles.laws import entering

__all__ = ["ENTRY"]


def exponential_approach(parameters, cycles, lanes, rng) -> Expectation:
    """Expect counter and stream to approach the input's mean exponentially."""
    scale = 1 << parameters.width
    cycles = max(cycles, 1 << 14)
    p = rng.random(lanes)
    distance = p - parameters.initial / scale
    decay = 1 - 1 / scale
    # Mean over the run of distance * decay^k, by which value and stream are both lower.
    lag = distance * (1 - decay**cycles) * scale / cycles
    noise = np.sqrt((p * (1 - p) + 0.25) / cycles) * min(1, cycles / 3**0.5 / scale)
    stored = min(scale, 5 * np.sqrt(cycles / 2)) / cycles
    below = (not parameters.full_scale) / parameters.generator.period
    return Expectation(
        inputs={"stream_in": (rng.random((cycles, lanes)) < p).astype(np.int64)},
        measure=lambda outputs: np.stack(
            [outputs["value"].mean(axis=0) / scale, outputs["stream"].mean(axis=0)]
        ),
        expected=np.stack([p - lag, p - lag]),
        tolerance=np.stack(
            [5 * noise + 2 / scale, 5 * np.sqrt(p * (1 - p) / cycles) + stored + below]
        ),
        source=(
            "Liu, Gross and Han 2020, equation (7) in discrete time: the mean of c_k is "
            "p - (p - c_0) (1 - 2^-n)^k. Value: the noise of a cycle, of variance at most "
            "p (1 - p) + 1/4, has at most the weight min(1, s 2^-n) / T in the mean over T "
            "cycles, with s cycles left; five standard deviations, and two steps of the "
            "counter for words that depend on it or lack the 0. Stream: by equation (2) its "
            "ones are those of the input minus what the counter stores; five standard "
            "deviations of the input's mean, what the counter can store, and one word a period "
            "for saturation below full scale"
        ),
    )


def piecewise_streams(parameters, cycles, lanes, rng):
    """Return streams with jumps of the mean, to 0 and 1 among others."""
    p = piecewise_probabilities(parameters, cycles, lanes, rng)
    return {"stream_in": (rng.random(p.shape) < p).astype(np.int64)}


def meeting_words(p):
    """Return a stream that brings a wide counter to words of its generator.

    It rises only if the stream out is 0 and falls only if that is 1. Otherwise it stays.
    """
    if p.width <= NARROW:
        return {"stream_in": np.ones((1, 1), np.int64)}
    moves, above = moves_to_words(p.generator, p.initial, feedback=True)
    return {"stream_in": np.where(moves == 0, above, moves > 0)[:, None].astype(np.int64)}


ENTRY = Entry(
    name="addie",
    default=Addie(width=8, generator=Lfsr(width=8)),
    edges=(
        Addie(width=1, generator=VanDerCorput(width=1), initial=2),
        Addie(width=3, generator=Lfsr(width=3), initial=7, full_scale=False),
        Addie(width=8, generator=Sobol(width=8), initial=256),
        Addie(width=24, generator=Sobol(width=24, dimension=3), initial=(1 << 24) - 3),
        Addie(width=32, generator=VanDerCorput(width=32), full_scale=False),
    ),
    # At 2^n the stream is always 1 and cancels each increment, so that only a counter that
    # ends at 2^n - 1 saturates there.
    planted=Addie(width=4, generator=Lfsr(width=4), full_scale=False),
    oracle=exponential_approach,
    stimulus=piecewise_streams,
    directed=meeting_words,
    law=entering,
)
