"""Stimuli and parameters of the update circuits with counters as weights."""

from __future__ import annotations

import numpy as np

from stochastic import Counter, Lfsr, MomentumSgdLanes

from ..simulation.stimulus import random_stimulus

__all__ = ["SMALLEST_LANES", "counter_lanes", "random_updates"]


def random_updates(parameters, cycles, lanes, rng):
    """Return inputs with loads at the start of groups, without loads, and with random loads.

    Some of the loaded momenta are near their ends and not multiples of the increment: only
    then C saturates. Some of the loaded weights are within one rate of their ends.
    """
    p = parameters
    inputs = random_stimulus(p, cycles, lanes, rng)
    stretches = np.repeat(rng.integers(0, 3, (-(-cycles // 64), lanes)), 64, axis=0)[:cycles]
    group_starts = (np.arange(cycles) % p.cycles_per_step == 0)[:, None]
    random_loads = rng.random((cycles, lanes)) < 0.2
    choices = [group_starts, np.zeros_like(group_starts), random_loads]
    inputs["load"] = np.choose(stretches, choices).astype(int)
    shape = (cycles, lanes * p.lanes)

    def near(end, distance):
        return end - np.sign(end) * rng.integers(0, distance, shape, endpoint=True)

    full_scale = 1 << p.momentum_bits
    if isinstance(p, MomentumSgdLanes):
        step = p.increment
    else:
        step = min(full_scale, 1 << p.decay_shift)
    ends = rng.choice([-1, 1], shape) * full_scale
    selected = rng.random(shape) < 0.3
    inputs["momentum_in"] = np.where(selected, near(ends, step), inputs["momentum_in"])
    low, high = p.weight_range
    selected = rng.random(shape) < 0.3
    near_ends = near(rng.choice([low, high], shape), min(high, 1 << p.rate_bits))
    inputs["weight_in"] = np.where(selected, near_ends, inputs["weight_in"])
    return inputs


def counter_lanes(lanes, bits, decay_shift, generators=None, **options):
    """Return `MomentumSgdLanes` with the given bits of momentum, weight and rate.

    By default the generators are two LFSRs of the width of the momentum.
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
        **options,
    )


SMALLEST_LANES = counter_lanes(1, (1, 2, 1), 0, (Counter(width=1), Counter(width=1, phase=1)))
