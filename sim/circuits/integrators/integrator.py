"""Catalogue entry of `integrator`."""

from __future__ import annotations

import numpy as np

from stochastic import Counter, Integrator, Lfsr, Sobol, VanDerCorput

from ...entry import Entry, Expectation
from ...oracles.integrators import NARROW, moves_to_words, piecewise_probabilities

__all__ = ["ENTRY"]


def running_sum(parameters, cycles, lanes, rng) -> Expectation:
    """Expect the running sum of increments minus decrements, without saturation."""
    # A walk inside the counter's range determines the inputs.
    value = np.full(lanes, parameters.initial)
    moves = rng.integers(-1, 2, (cycles, lanes))
    for t in range(cycles):
        moved = np.clip(value + moves[t], 0, parameters.maximum)
        moves[t] = moved - value
        value = moved
    both = rng.integers(0, 2, moves.shape)
    return Expectation(
        inputs={
            "increment": np.where(moves == 0, both, moves > 0),
            "decrement": np.where(moves == 0, both, moves < 0),
        },
        measure=lambda outputs: outputs["value"],
        expected=parameters.initial + np.cumsum(moves, axis=0) - moves,
        tolerance=0,
        source="Liu, Gross and Han 2020, equation (2), exact without saturation",
    )


def drifting_streams(parameters, cycles, lanes, rng):
    """Return increments and decrements that drive the counter up and down."""
    up = piecewise_probabilities(parameters, cycles, lanes, rng)
    return {
        "increment": (rng.random(up.shape) < up).astype(np.int64),
        "decrement": (rng.random(up.shape) < 1 - up).astype(np.int64),
    }


def meeting_words(p):
    """Return increments and decrements that bring a wide counter to words of its generator."""
    moves = np.ones(1)
    if p.width > NARROW:
        moves, _ = moves_to_words(p.generator, p.initial)
    return {
        "increment": (moves > 0)[:, None].astype(np.int64),
        "decrement": (moves < 0)[:, None].astype(np.int64),
    }


ENTRY = Entry(
    name="integrator",
    default=Integrator(width=8, generator=Lfsr(width=8)),
    edges=(
        Integrator(width=1, generator=Counter(width=1), initial=2),
        Integrator(width=1, generator=VanDerCorput(width=1), full_scale=False),
        Integrator(width=3, generator=Lfsr(width=3), initial=7, full_scale=False),
        Integrator(width=8, generator=Sobol(width=8), initial=128),
        Integrator(width=24, generator=Sobol(width=24, dimension=3), initial=(1 << 24) - 3),
        Integrator(width=32, generator=VanDerCorput(width=32), initial=1 << 32),
    ),
    # A counter of a few bits is at each of its values often, even in a short check.
    planted=Integrator(width=4, generator=Lfsr(width=4)),
    oracle=running_sum,
    stimulus=drifting_streams,
    directed=meeting_words,
)
