"""Catalogue entries of the stochastic circuits that train networks."""

from fractions import Fraction

import numpy as np

from stochastic import Counter, HybridMomentumSgd, Lfsr, MomentumSgd, Sobol, VanDerCorput

from ..entry import Entry, Expectation
from ..stimulus import random_stimulus

__all__ = ["ENTRIES", "SMALLEST", "circuit"]


def decayed(parameters, cycles, lanes, rng) -> Expectation:
    """Expect weights to fall to the mean of a geometric decay while no gradient comes."""
    p = parameters
    columns = lanes * p.lanes
    # One unit at a time, over a fraction of a half-life, so that no weight reaches 0.
    q = p.weight_decay_generator.width
    steps = 1 << (q - 2)
    weight = rng.choice(p.weight_range, columns)
    shape = (steps + 1, columns)
    weight_in = np.zeros(shape, np.int64)
    weight_in[0] = weight
    load = np.zeros((steps + 1, lanes), np.int64)
    load[0] = 1
    kept = (1 - 2.0**-q) ** steps
    return Expectation(
        inputs={
            "load": load,
            "rate": np.ones((steps + 1, lanes), np.int64),
            "gradient": np.zeros(shape, np.int64),
            "momentum_in": np.zeros(shape, np.int64),
            "weight_in": weight_in,
        },
        measure=lambda outputs: outputs["weight"][-1],
        expected=weight * kept,
        tolerance=6 * np.sqrt(np.abs(weight) * (1 - kept)),
        source=(
            "E[W_T] = W_0 (1 - rate 2^-q)^T; every D is 0 or one unit, so the variance of W is "
            "at most the expected number of units lost; six standard deviations"
        ),
    )


def conserved(parameters, cycles, lanes, rng) -> Expectation:
    """Expect what C and W share: every sample G that has come in is in one or the other."""
    p = parameters
    if p.weight_decay_generator is not None:
        return decayed(p, cycles, lanes, rng)
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


def sent(parameters, cycles, lanes, rng) -> Expectation:
    """Expect the momentum by rational arithmetic, and that a period sends all of it."""
    p = parameters
    period = p.generator.period
    columns = lanes * p.lanes
    full, most = 1 << p.gradient_bits, 1 << p.momentum_bits
    gradient = rng.integers(-full, full, columns, endpoint=True)
    momentum = rng.integers(-most, most, columns, endpoint=True)
    # Where V is at full scale, W meets its end if it can.
    some = rng.random(columns) < 0.3
    momentum[some] = np.where(gradient[some] > 0, most, -most)
    gradient[some] = np.where(gradient[some] > 0, full, -full)
    share = Fraction(1, 2**p.decay_shift)
    average = [
        round((1 - share) * c + share * Fraction(g * most, full))
        for g, c in zip(gradient.tolist(), momentum.tolist(), strict=True)
    ]
    rate = (1 << p.rate_bits) - 1
    missing = most - period
    size = np.abs(average)
    samples = np.sign(average) * np.where(size == most, period, np.maximum(size - missing, 0))
    low, high = p.weight_range
    load = np.zeros((period + 1, lanes), np.int64)
    load[0] = 1
    shape = (period + 1, columns)

    def held(values):
        return np.broadcast_to(values, shape).astype(np.int64)

    return Expectation(
        inputs={
            "load": load,
            "rate": np.full((period + 1, lanes), rate),
            "gradient": held(gradient),
            "momentum_in": held(momentum),
            "weight_in": held(0),
        },
        measure=lambda outputs: np.stack([outputs["momentum"][-1], outputs["weight"][-1]]),
        expected=np.stack([average, np.clip(-rate * samples, low, high)]),
        tolerance=0,
        source=(
            "V = round(C + 2^-n (g - C)) on one scale, half to even; over one period of the "
            "generator the sum of S is V, nearer 0 by 1 where the word 0 is missing and V is "
            "not full scale; W moves one way alone, and rests at its end"
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

    most = 1 << p.momentum_bits
    step = p.increment if isinstance(p, MomentumSgd) else min(most, 1 << p.decay_shift)
    ends = rng.choice([-1, 1], shape) * most
    some = rng.random(shape) < 0.3
    inputs["momentum_in"] = np.where(some, near(ends, step), inputs["momentum_in"])
    low, high = p.weight_range
    some = rng.random(shape) < 0.3
    close = near(rng.choice([low, high], shape), min(high, 1 << p.rate_bits))
    inputs["weight_in"] = np.where(some, close, inputs["weight_in"])
    return inputs


def circuit(lanes, bits, decay_shift, generators=None, **further):
    """Return lanes with so many bits of momentum, weight and rate.

    By default the generators are two registers of as many bits as the momentum has.
    """
    momentum_bits, weight_bits, rate_bits = bits
    if generators is None:
        generators = Lfsr(width=momentum_bits), Lfsr(width=momentum_bits, form="galois")
    return MomentumSgd(
        lanes=lanes,
        momentum_bits=momentum_bits,
        weight_bits=weight_bits,
        rate_bits=rate_bits,
        decay_shift=decay_shift,
        gradient_generator=generators[0],
        momentum_generator=generators[1],
        **further,
    )


def _hybrid(lanes, bits, decay_shift, generator, **further):
    """Return lanes with so many bits of gradient, momentum, weight and rate."""
    gradient_bits, momentum_bits, weight_bits, rate_bits = bits
    return HybridMomentumSgd(
        lanes=lanes,
        gradient_bits=gradient_bits,
        momentum_bits=momentum_bits,
        weight_bits=weight_bits,
        rate_bits=rate_bits,
        decay_shift=decay_shift,
        generator=generator,
        **further,
    )


SMALLEST = circuit(1, (1, 2, 1), 0, (Counter(width=1), Counter(width=1, phase=1)))

ENTRIES = (
    Entry(
        name="momentum_sgd",
        default=circuit(8, (8, 14, 4), 4),
        edges=(
            SMALLEST,
            circuit(
                lanes=3,
                bits=(6, 10, 3),
                decay_shift=2,
                generators=(Sobol(width=7), Sobol(width=6, dimension=1)),
                cycles_per_step=16,
            ),
            circuit(
                lanes=4,
                bits=(9, 12, 2),
                decay_shift=3,
                generators=(Lfsr(width=9, zero_state=True), Lfsr(width=9, seed=2)),
                cycles_per_step=2,
                sharing="per-lane",
            ),
            circuit(2, (5, 8, 3), 2, cycles_per_step=2, weight_decay_generator=Lfsr(width=8)),
            circuit(
                lanes=2,
                bits=(2, 2, 2),
                decay_shift=1,
                generators=(Counter(width=2), Counter(width=2, direction="down")),
                weight_decay_generator=Lfsr(width=3),
                sharing="per-lane",
            ),
            circuit(2, (16, 32, 24), 16, (VanDerCorput(width=16), Lfsr(width=16))),
        ),
        planted=circuit(2, (4, 5, 2), 2),
        oracle=conserved,
        stimulus=updates,
    ),
    Entry(
        name="hybrid_momentum_sgd",
        default=_hybrid(8, (7, 8, 14, 4), 4, Lfsr(width=8)),
        edges=(
            _hybrid(1, (1, 1, 2, 1), 0, Counter(width=1)),
            _hybrid(3, (6, 6, 8, 3), 1, Sobol(width=6, dimension=1), cycles_per_step=8),
            _hybrid(
                lanes=2,
                bits=(3, 9, 10, 2),
                decay_shift=16,
                generator=Lfsr(width=9, zero_state=True),
                cycles_per_step=2,
                sharing="per-lane",
            ),
            _hybrid(2, (16, 16, 32, 24), 8, VanDerCorput(width=16)),
        ),
        planted=_hybrid(2, (4, 4, 5, 2), 2, Lfsr(width=4)),
        oracle=sent,
        stimulus=updates,
    ),
)
