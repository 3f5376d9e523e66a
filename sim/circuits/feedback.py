"""Catalogue entries of the circuits whose counter feeds a stream."""

import numpy as np

from stochastic import Addie, Counter, Integrator, Lfsr, Sobol, VanDerCorput

from ..entry import Entry, Expectation

__all__ = ["ENTRIES"]


def summed(parameters, cycles, lanes, rng) -> Expectation:
    """Expect the running sum of increments less decrements, away from the counter's ends."""
    # A walk inside the counter's range, from which the inputs follow.
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
        source="Liu, Gross and Han 2020, equation (2): exact while the counter meets no end",
    )


def average(parameters, cycles, lanes, rng) -> Expectation:
    """Expect the exponential approach to the input's mean, in counter and stream."""
    scale = 1 << parameters.width
    cycles = max(cycles, 1 << 14)
    p = rng.random(lanes)
    distance = p - parameters.initial / scale
    decay = 1 - 1 / scale
    # Mean over the run of distance * decay^k: what value and stream both lack.
    lag = distance * (1 - decay**cycles) * scale / cycles
    noise = np.sqrt((p * (1 - p) + 0.25) / cycles) * min(1, cycles / 3**0.5 / scale)
    kept = min(scale, 5 * np.sqrt(cycles / 2)) / cycles
    below = (not parameters.full_scale) / parameters.generator.period
    return Expectation(
        inputs={"stream_in": (rng.random((cycles, lanes)) < p).astype(np.int64)},
        measure=lambda outputs: np.stack(
            [outputs["value"].mean(axis=0) / scale, outputs["stream"].mean(axis=0)]
        ),
        expected=np.stack([p - lag, p - lag]),
        tolerance=np.stack(
            [5 * noise + 2 / scale, 5 * np.sqrt(p * (1 - p) / cycles) + kept + below]
        ),
        source=(
            "Liu, Gross and Han 2020, equation (7) in discrete time: the mean of c_k is "
            "p - (p - c_0) (1 - 2^-n)^k. Value: a cycle's noise, of variance at most "
            "p (1 - p) + 1/4, weighs at most min(1, s 2^-n) / T in the mean over T cycles, of "
            "which s are left; five standard deviations, and two steps of the counter for "
            "words that depend on it or lack the 0. Stream: by equation (2) its ones are the "
            "input's less what the counter keeps; five standard deviations of the input's "
            "mean, what the counter can keep, and one word a period for saturation below full "
            "scale"
        ),
    )


def _levels(parameters, cycles, lanes, rng):
    """Return probabilities that stand long enough to reach both ends of small counters."""
    length = 4 << min(parameters.width, 8)
    choice = rng.choice([0, 0.1, 0.5, 0.9, 1], (-(-cycles // length), lanes))
    return np.repeat(choice, length, axis=0)[:cycles]


def drifting(parameters, cycles, lanes, rng):
    """Return increments and decrements that drive the counter up and down."""
    up = _levels(parameters, cycles, lanes, rng)
    return {
        "increment": (rng.random(up.shape) < up).astype(np.int64),
        "decrement": (rng.random(up.shape) < 1 - up).astype(np.int64),
    }


def levels(parameters, cycles, lanes, rng):
    """Return streams whose mean jumps, to 0 and 1 too."""
    p = _levels(parameters, cycles, lanes, rng)
    return {"stream_in": (rng.random(p.shape) < p).astype(np.int64)}


ENTRIES = (
    Entry(
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
        oracle=summed,
        stimulus=drifting,
    ),
    Entry(
        name="addie",
        default=Addie(width=8, generator=Lfsr(width=8)),
        edges=(
            Addie(width=1, generator=VanDerCorput(width=1), initial=2),
            Addie(width=3, generator=Lfsr(width=3), initial=7, full_scale=False),
            Addie(width=8, generator=Sobol(width=8), initial=256),
            Addie(width=24, generator=Sobol(width=24, dimension=3), initial=(1 << 24) - 3),
            Addie(width=32, generator=VanDerCorput(width=32), full_scale=False),
        ),
        # At 2^n the stream is always 1 and takes back each increment, so that the upper
        # end is never tried; at 2^n - 1 it is.
        planted=Addie(width=4, generator=Lfsr(width=4), full_scale=False),
        oracle=average,
        stimulus=levels,
    ),
)
