"""Stimuli and parameters of the lanes whose weights are counters."""

from __future__ import annotations

import numpy as np

from stochastic import Counter, Lfsr, MomentumSgdLanes

from ..simulation.stimulus import random_stimulus

__all__ = ["SMALLEST"]


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
    step = p.increment if isinstance(p, MomentumSgdLanes) else min(most, 1 << p.decay_shift)
    ends = rng.choice([-1, 1], shape) * most
    some = rng.random(shape) < 0.3
    inputs["momentum_in"] = np.where(some, near(ends, step), inputs["momentum_in"])
    low, high = p.weight_range
    some = rng.random(shape) < 0.3
    close = near(rng.choice([low, high], shape), min(high, 1 << p.rate_bits))
    inputs["weight_in"] = np.where(some, close, inputs["weight_in"])
    return inputs


def counter_lanes(lanes, bits, decay_shift, generators=None, **further):
    """Return lanes with so many bits of momentum, weight and rate.

    By default the generators are two registers of as many bits as the momentum has.
    """
    momentum_bits, weight_bits, rate_bits = bits
    if generators is None:
        generators = Lfsr(width=momentum_bits), Lfsr(width=momentum_bits, form="galois")
    return MomentumSgdLanes(
        lanes=lanes,
        momentum_bits=momentum_bits,
        weight_bits=weight_bits,
        rate_bits=rate_bits,
        decay_shift=decay_shift,
        gradient_generator=generators[0],
        momentum_generator=generators[1],
        **further,
    )


SMALLEST = counter_lanes(1, (1, 2, 1), 0, (Counter(width=1), Counter(width=1, phase=1)))
