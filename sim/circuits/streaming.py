"""Catalogue entries of the units that update whole networks."""

import numpy as np

from fixedpoint import FixedMomentumSgd
from stochastic import Counter, Lfsr, MomentumSgd, MomentumSgdMemory, MomentumSgdUnit, Sobol

from ..entry import Entry, Expectation
from ..stimulus import random_stimulus
from . import fixed_momentum_sgd
from .training import SMALLEST, circuit

__all__ = ["ENTRIES"]

TEXT = (
    "summed over groups, rate * (C_T - C_0) / increment + W_T - W_0 = rate * sum G, exact "
    "while neither saturates; over whole periods of the gradient generator the sum of G is "
    "the code a period, less 1 where the word 0 is missing"
)


def _samples(p: MomentumSgd, code):
    """Return the sum of G over a period of the gradient generator."""
    missing = (1 << p.gradient_generator.width) - p.gradient_generator.period
    return np.sign(code) * np.maximum(np.abs(code) - missing, 0)


def _rate(p: MomentumSgd, steps: int) -> int:
    """Return a rate at which no weight that begins at 0 saturates in so many cycles."""
    return min((1 << p.rate_bits) - 1, p.weight_range[1] // steps)


def passed(parameters, cycles, lanes, rng) -> Expectation:
    """Expect every sample G of the groups that pass, whoever waits for whom."""
    p = parameters.circuit
    if isinstance(p, FixedMomentumSgd):
        return passed_fixed(parameters, cycles, lanes, rng)
    period = p.gradient_generator.period
    rate = _rate(p, p.cycles_per_step)
    code = rng.integers(-p.gradient_limit, p.gradient_limit, lanes * p.lanes, endpoint=True)
    # With either side willing in two cycles of three, this is more than enough.
    cycles = 100 + 4 * period * p.cycles_per_step
    shape = (cycles, lanes * p.lanes)

    def measure(outputs):
        sums = []
        for lane in range(lanes):
            columns = slice(lane * p.lanes, (lane + 1) * p.lanes)
            taken = np.flatnonzero(outputs["output_valid"][:, lane] & ready[:, lane])[:period]
            assert len(taken) == period
            gained = outputs["momentum"][taken, columns] // p.increment
            sums.append((rate * gained - outputs["weight"][taken, columns]).sum(axis=0))
        return np.concatenate(sums)

    ready = (rng.random((cycles, lanes)) < 0.67).astype(np.int64)
    return Expectation(
        inputs={
            "input_valid": (rng.random((cycles, lanes)) < 0.67).astype(np.int64),
            "rate": np.full((cycles, lanes), rate),
            "gradient": np.broadcast_to(code, shape),
            "momentum_in": np.zeros(shape, np.int64),
            "weight_in": np.zeros(shape, np.int64),
            "output_ready": ready,
        },
        measure=measure,
        expected=rate * p.cycles_per_step * _samples(p, code),
        tolerance=0,
        source=f"{TEXT}; each group begins at 0",
    )


def passed_fixed(parameters, cycles, lanes, rng) -> Expectation:
    """Expect C = gradient and W - rate * gradient of a circuit without memory or rounding."""
    p = parameters.circuit
    ports = {port.name: port for port in parameters.ports}
    columns = lanes * p.lanes
    gradient = rng.integers(*ports["gradient"].range, (cycles, columns), endpoint=True)
    inputs = {
        "input_valid": np.ones((cycles, lanes), np.int64),
        "rate": rng.integers(*ports["rate"].range, (cycles, lanes), endpoint=True),
        "gradient": gradient,
        "momentum_in": rng.integers(
            *ports["momentum_in"].range, (cycles, columns), endpoint=True
        ),
        "weight_in": np.zeros((cycles, columns), np.int64),
        "output_ready": np.ones((cycles, lanes), np.int64),
    }
    change = np.repeat(inputs["rate"], p.lanes, axis=1) * gradient
    return Expectation(
        inputs=inputs,
        measure=lambda outputs: np.stack([outputs["momentum"][1:], outputs["weight"][1:]]),
        expected=np.stack([gradient, -change])[:, :-1],
        tolerance=0,
        source="at decay_shift 0, C = gradient and W = W_0 - rate * C, exact in these formats",
    )


def kept(parameters, cycles, lanes, rng) -> Expectation:
    """Expect every sample G of whole passes in one of a row's two memories."""
    p, depth = parameters.circuit, parameters.depth
    generator = p.gradient_generator
    assert np.gcd(generator.period, depth * p.cycles_per_step) == 1
    rate = _rate(p, generator.period * p.cycles_per_step)
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
        expected=rate * p.cycles_per_step * _samples(p, code),
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


ENTRIES = (
    Entry(
        name="momentum_sgd_unit",
        default=MomentumSgdUnit(circuit=circuit(8, (8, 12, 3), 4)),
        edges=(
            MomentumSgdUnit(circuit=SMALLEST),
            MomentumSgdUnit(
                circuit=circuit(3, (7, 13, 3), 3, cycles_per_step=2, sharing="per-lane")
            ),
            MomentumSgdUnit(
                circuit=circuit(
                    lanes=2,
                    bits=(6, 14, 3),
                    decay_shift=3,
                    generators=(Sobol(width=5), Sobol(width=6, dimension=1)),
                    cycles_per_step=8,
                )
            ),
            MomentumSgdUnit(
                circuit=fixed_momentum_sgd.circuit(
                    2, "sQ1.4 sQ1.4 sQ3.8 uQ1.4", 0, "nearest_even", "saturate"
                )
            ),
        ),
        planted=MomentumSgdUnit(circuit=circuit(2, (4, 5, 2), 2, cycles_per_step=4)),
        oracle=passed,
    ),
    Entry(
        name="momentum_sgd_memory",
        default=MomentumSgdMemory(circuit=circuit(8, (7, 13, 3), 3), depth=16),
        edges=(
            MomentumSgdMemory(
                circuit=circuit(
                    lanes=1,
                    bits=(2, 6, 1),
                    decay_shift=0,
                    generators=(Lfsr(width=3), Counter(width=2)),
                    cycles_per_step=4,
                ),
                depth=2,
            ),
            MomentumSgdMemory(
                circuit=circuit(3, (6, 14, 3), 3, cycles_per_step=4, sharing="per-lane"),
                depth=5,
            ),
        ),
        planted=MomentumSgdMemory(circuit=circuit(3, (4, 8, 2), 2, cycles_per_step=2), depth=5),
        oracle=kept,
        stimulus=trained,
    ),
)
