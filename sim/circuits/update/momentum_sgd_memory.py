"""Catalogue entry of `momentum_sgd_memory`."""

from __future__ import annotations

import numpy as np

from stochastic import Counter, Lfsr, MomentumSgdMemory

from ...entry import Entry, Expectation
from ...oracles.counter_updates import counter_lanes
from ...oracles.update_streams import TEXT, gradient_samples, random_rate
from ...simulation.stimulus import random_stimulus

__all__ = ["ENTRY"]


def kept(parameters, cycles, lanes, rng) -> Expectation:
    """Expect every sample G of whole passes in one of a row's two memories."""
    p, depth = parameters.circuit, parameters.depth
    generator = p.gradient_generator
    assert np.gcd(generator.period, depth * p.cycles_per_step) == 1
    rate = random_rate(p, generator.period * p.cycles_per_step)
    code = rng.integers(
        -p.gradient_limit, p.gradient_limit, (depth, lanes * p.lanes), endpoint=True
    )
    # As many passes as the period has cycles; then the rows, read one after another.
    work = generator.period * depth * p.cycles_per_step
    cycles = work + 1 + depth
    gradient = np.zeros((cycles, lanes * p.lanes), np.int64)
    turns = np.tile(np.repeat(code, p.cycles_per_step, axis=0), (generator.period, 1))
    gradient[:work] = turns
    address = np.zeros((cycles, lanes), np.int64)
    address[-depth:] = np.arange(depth)[:, None]
    working = np.broadcast_to((np.arange(cycles) < work)[:, None], (cycles, lanes))
    zero = np.zeros_like(gradient)
    return Expectation(
        inputs={
            "input_valid": working.astype(np.int64),
            "rate": np.full((cycles, lanes), rate),
            "gradient": gradient,
            "write_valid": np.zeros_like(address),
            "address": address,
            "momentum_in": zero,
            "weight_in": zero,
        },
        measure=lambda outputs: (
            rate * (outputs["momentum"][-depth:] // p.increment) - outputs["weight"][-depth:]
        ),
        expected=rate * p.cycles_per_step * gradient_samples(p, code),
        tolerance=0,
        source=f"{TEXT}; all rows begin at 0",
    )


def trained(parameters, cycles, lanes, rng):
    """Return gradients, with few writes in some stretches and many in others."""
    inputs = random_stimulus(parameters, cycles, lanes, rng)
    stretches = -(-cycles // 128)
    chance = np.repeat(rng.choice([0.0, 0.02, 0.5], (stretches, lanes)), 128, axis=0)
    inputs["write_valid"] = (rng.random((cycles, lanes)) < chance[:cycles]).astype(np.int64)
    return inputs


ENTRY = Entry(
    name="momentum_sgd_memory",
    default=MomentumSgdMemory(circuit=counter_lanes(8, (7, 13, 3), 3), depth=16),
    edges=(
        MomentumSgdMemory(
            circuit=counter_lanes(
                lanes=1,
                bits=(2, 6, 1),
                decay_shift=0,
                generators=(Lfsr(width=3), Counter(width=2)),
                cycles_per_step=4,
            ),
            depth=2,
        ),
        MomentumSgdMemory(
            circuit=counter_lanes(3, (6, 14, 3), 3, cycles_per_step=4, sharing="per-lane"),
            depth=5,
        ),
    ),
    planted=MomentumSgdMemory(
        circuit=counter_lanes(3, (4, 8, 2), 2, cycles_per_step=2), depth=5
    ),
    oracle=kept,
    stimulus=trained,
)
