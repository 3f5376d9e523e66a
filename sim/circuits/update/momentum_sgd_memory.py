"""Catalogue entry of `momentum_sgd_memory`."""

from __future__ import annotations

import numpy as np

from stochastic import Counter, Lfsr, MomentumSgdMemory

from ...entry import Entry, Expectation
from ...oracles.counter_updates import counter_lanes
from ...oracles.update_streams import CONSERVATION, largest_safe_rate, sum_of_samples
from ...simulation.stimulus import random_stimulus

__all__ = ["ENTRY"]


def stored_samples(parameters, cycles, lanes, rng) -> Expectation:
    """Expect every sample G of whole passes in the momentum or the weight of its row."""
    p, depth = parameters.circuit, parameters.depth
    generator = p.gradient_generator
    assert np.gcd(generator.period, depth * p.cycles_per_step) == 1
    rate = largest_safe_rate(p, generator.period * p.cycles_per_step)
    code = rng.integers(
        -p.gradient_limit, p.gradient_limit, (depth, lanes * p.lanes), endpoint=True
    )
    # As many passes as the period has cycles. Then all rows are read.
    update_cycles = generator.period * depth * p.cycles_per_step
    cycles = update_cycles + 1 + depth
    gradient = np.zeros((cycles, lanes * p.lanes), np.int64)
    passes = np.tile(np.repeat(code, p.cycles_per_step, axis=0), (generator.period, 1))
    gradient[:update_cycles] = passes
    address = np.zeros((cycles, lanes), np.int64)
    address[-depth:] = np.arange(depth)[:, None]
    updating = np.broadcast_to((np.arange(cycles) < update_cycles)[:, None], (cycles, lanes))
    zero = np.zeros_like(gradient)
    return Expectation(
        inputs={
            "input_valid": updating.astype(np.int64),
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
        expected=rate * p.cycles_per_step * sum_of_samples(p, code),
        tolerance=0,
        source=f"{CONSERVATION}; all rows start at 0",
    )


def updates_and_writes(parameters, cycles, lanes, rng):
    """Return random gradients and writes, with periods of no, few and many writes."""
    inputs = random_stimulus(parameters, cycles, lanes, rng)
    periods = -(-cycles // 128)
    probability = np.repeat(rng.choice([0.0, 0.02, 0.5], (periods, lanes)), 128, axis=0)
    inputs["write_valid"] = (rng.random((cycles, lanes)) < probability[:cycles]).astype(
        np.int64
    )
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
    oracle=stored_samples,
    stimulus=updates_and_writes,
)
