"""Catalogue entry of `momentum_sgd`."""

from __future__ import annotations

import numpy as np

from stochastic import Counter, Lfsr, Sobol, VanDerCorput

from ...entry import Entry, Expectation
from ...oracles.counter_updates import SMALLEST_LANES, counter_lanes, random_updates

__all__ = ["ENTRY"]


def weight_decay(parameters, cycles, lanes, rng) -> Expectation:
    """Expect weights to decay geometrically on average while gradients are 0."""
    p = parameters
    columns = lanes * p.lanes
    # A rate of one unit, for a fraction of a half-life, so that no weight reaches 0.
    q = p.weight_decay_generator.width
    steps = 1 << (q - 2)
    weight = rng.choice(p.weight_range, columns)
    shape = (steps + 1, columns)
    weight_in = np.zeros(shape, np.int64)
    weight_in[0] = weight
    load = np.zeros((steps + 1, lanes), np.int64)
    load[0] = 1
    remaining = (1 - 2.0**-q) ** steps
    return Expectation(
        inputs={
            "load": load,
            "rate": np.ones((steps + 1, lanes), np.int64),
            "gradient": np.zeros(shape, np.int64),
            "momentum_in": np.zeros(shape, np.int64),
            "weight_in": weight_in,
        },
        measure=lambda outputs: outputs["weight"][-1],
        expected=weight * remaining,
        tolerance=6 * np.sqrt(np.abs(weight) * (1 - remaining)),
        source=(
            "E[W_T] = W_0 (1 - rate 2^-q)^T; every D is 0 or one unit, so that the variance of "
            "W is at most the expected decrease in units; six standard deviations"
        ),
    )


def conserved_samples(parameters, cycles, lanes, rng) -> Expectation:
    """Expect every sample G in either C or W."""
    p = parameters
    if p.weight_decay_generator is not None:
        return weight_decay(p, cycles, lanes, rng)
    period = p.gradient_generator.period
    low, high = p.weight_range
    # From 0, W moves by at most `rate` per cycle; with rate 0 it does not move.
    rate = min((1 << p.rate_bits) - 1, high // period)
    columns = lanes * p.lanes
    code = rng.integers(-p.gradient_limit, p.gradient_limit, columns, endpoint=True)
    # Half of the lanes at full scale, where every sample is certain and W saturates.
    full = rng.random(columns) < 0.5
    code[full] = rng.choice([-1, 1], columns)[full] * p.gradient_limit
    steady = np.sign(code) * p.momentum_limit
    shape = (period + 1, columns)
    momentum_in, weight_in = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    momentum_in[0] = np.where(full, steady, 0)
    load = np.zeros((period + 1, lanes), np.int64)
    load[0] = 1
    missing = (1 << p.gradient_generator.width) - period
    samples = np.sign(code) * np.maximum(np.abs(code) - missing, 0)
    samples[full] = np.sign(code)[full] * period

    def measure(outputs):
        momentum, weight = outputs["momentum"][-1], outputs["weight"][-1]
        increments = (momentum - momentum_in[0]) // p.increment
        return np.concatenate([rate * increments - weight, weight[full]])

    return Expectation(
        inputs={
            "load": load,
            "rate": np.full((period + 1, lanes), rate),
            "gradient": np.broadcast_to(code, shape),
            "momentum_in": momentum_in,
            "weight_in": weight_in,
        },
        measure=measure,
        expected=np.concatenate(
            [rate * samples, np.clip(-rate * np.sign(code[full]) * period, low, high)]
        ),
        tolerance=0,
        source=(
            "summed over cycles, C_T - C_0 = increment * (sum G - sum S) and "
            "W_0 - W_T = rate * sum S, exact while neither saturates; over one period of "
            "the gradient generator sum G is the code, or 1 less if the word 0 is missing; "
            "at full scale every G and S is 1"
        ),
    )


ENTRY = Entry(
    name="momentum_sgd",
    default=counter_lanes(8, (8, 14, 4), 4),
    edges=(
        SMALLEST_LANES,
        counter_lanes(
            lanes=3,
            bits=(6, 10, 3),
            decay_shift=2,
            generators=(Sobol(width=7), Sobol(width=6, dimension=1)),
            cycles_per_step=16,
        ),
        counter_lanes(
            lanes=4,
            bits=(9, 12, 2),
            decay_shift=3,
            generators=(Lfsr(width=9, zero_state=True), Lfsr(width=9, seed=2)),
            cycles_per_step=2,
            sharing="per-lane",
        ),
        counter_lanes(2, (5, 8, 3), 2, cycles_per_step=2, weight_decay_generator=Lfsr(width=8)),
        counter_lanes(
            lanes=2,
            bits=(2, 2, 2),
            decay_shift=1,
            generators=(Counter(width=2), Counter(width=2, direction="down")),
            weight_decay_generator=Lfsr(width=3),
            sharing="per-lane",
        ),
        counter_lanes(2, (16, 32, 24), 16, (VanDerCorput(width=16), Lfsr(width=16))),
    ),
    planted=counter_lanes(2, (4, 5, 3), 2),
    oracle=conserved_samples,
    stimulus=random_updates,
)
