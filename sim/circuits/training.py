"""Catalogue entry of the circuit that trains networks."""

import numpy as np

from stochastic import Counter, Lfsr, MomentumSgd, Sobol, VanDerCorput

from ..entry import Entry, Expectation
from ..stimulus import random_stimulus

__all__ = ["ENTRIES"]


def conserved(parameters, cycles, lanes, rng) -> Expectation:
    """Expect what C and W share: every sample G that has come in is in one or the other."""
    p = parameters
    period = p.gradient_generator.period
    low, high = p.weight_range
    # W starts at 0 and goes at most `rate` a cycle; where that is too far, it rests.
    rate = min((1 << p.rate_bits) - 1, high // period)
    columns = lanes * p.lanes
    code = rng.integers(-p.gradient_limit, p.gradient_limit, columns, endpoint=True)
    # Beside these, lanes at full scale, where every sample is sure and W meets its end.
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
        gained = (momentum - momentum_in[0]) // p.increment
        return np.concatenate([rate * gained - weight, weight[full]])

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
            "the gradient generator sum G is the code, less 1 where the word 0 is missing; "
            "at full scale every G and S is 1"
        ),
    )


def updates(parameters, cycles, lanes, rng):
    """Return groups that are loaded at once, runs without a load, and random loads.

    Loaded momenta lie near their ends and between the multiples of the increment, where
    alone C saturates; loaded weights within one rate of their ends, or anywhere.
    """
    p = parameters
    inputs = random_stimulus(p, cycles, lanes, rng)
    stretches = np.repeat(rng.integers(0, 3, (-(-cycles // 64), lanes)), 64, axis=0)[:cycles]
    first = (np.arange(cycles) % p.cycles_per_step == 0)[:, None]
    sometimes = rng.random((cycles, lanes)) < 0.2
    inputs["load"] = np.choose(stretches, [first, np.zeros_like(first), sometimes]).astype(int)
    shape = (cycles, lanes * p.lanes)

    def near(end, distance):
        return end - np.sign(end) * rng.integers(0, distance, shape, endpoint=True)

    ends = rng.choice([-1, 1], shape) * p.momentum_limit
    some = rng.random(shape) < 0.3
    inputs["momentum_in"] = np.where(some, near(ends, p.increment), inputs["momentum_in"])
    low, high = p.weight_range
    some = rng.random(shape) < 0.3
    close = near(rng.choice([low, high], shape), min(high, 1 << p.rate_bits))
    inputs["weight_in"] = np.where(some, close, inputs["weight_in"])
    return inputs


ENTRIES = (
    Entry(
        name="momentum_sgd",
        default=MomentumSgd(
            lanes=8,
            momentum_bits=8,
            weight_bits=14,
            decay_shift=4,
            rate_bits=4,
            gradient_generator=Lfsr(width=8),
            momentum_generator=Lfsr(width=8, form="galois"),
        ),
        edges=(
            MomentumSgd(
                lanes=1,
                momentum_bits=1,
                weight_bits=2,
                decay_shift=0,
                gradient_generator=Counter(width=1),
                momentum_generator=Counter(width=1, phase=1),
            ),
            MomentumSgd(
                lanes=3,
                momentum_bits=6,
                weight_bits=10,
                decay_shift=2,
                cycles_per_step=16,
                rate_bits=3,
                gradient_generator=Sobol(width=7),
                momentum_generator=Sobol(width=6, dimension=1),
            ),
            MomentumSgd(
                lanes=4,
                momentum_bits=9,
                weight_bits=12,
                decay_shift=3,
                cycles_per_step=2,
                rate_bits=2,
                gradient_generator=Lfsr(width=9, zero_state=True),
                momentum_generator=Lfsr(width=9),
                sharing="per-lane",
            ),
            MomentumSgd(
                lanes=2,
                momentum_bits=16,
                weight_bits=32,
                decay_shift=16,
                rate_bits=24,
                gradient_generator=VanDerCorput(width=16),
                momentum_generator=Lfsr(width=16),
            ),
        ),
        planted=MomentumSgd(
            lanes=2,
            momentum_bits=4,
            weight_bits=5,
            decay_shift=2,
            rate_bits=2,
            gradient_generator=Lfsr(width=4),
            momentum_generator=Lfsr(width=4, form="galois"),
        ),
        oracle=conserved,
        stimulus=updates,
    ),
)
