"""Catalogue entry of `momentum_sgd_unit`."""

from __future__ import annotations

import numpy as np

from fixedpoint import FixedMomentumSgdLanes
from stochastic import MomentumSgdUnit, Sobol

from ...entry import Entry, Expectation
from ...oracles.counter_updates import SMALLEST, counter_lanes
from ...oracles.fixed_updates import fixed_lanes
from ...oracles.update_streams import TEXT, gradient_samples, random_rate

__all__ = ["ENTRY"]


def passed(parameters, cycles, lanes, rng) -> Expectation:
    """Expect every sample G of the groups that pass, whoever waits for whom."""
    p = parameters.circuit
    if isinstance(p, FixedMomentumSgdLanes):
        return passed_fixed(parameters, cycles, lanes, rng)
    period = p.gradient_generator.period
    rate = random_rate(p, p.cycles_per_step)
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
        expected=rate * p.cycles_per_step * gradient_samples(p, code),
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


ENTRY = Entry(
    name="momentum_sgd_unit",
    default=MomentumSgdUnit(circuit=counter_lanes(8, (8, 12, 3), 4)),
    edges=(
        MomentumSgdUnit(circuit=SMALLEST),
        MomentumSgdUnit(
            circuit=counter_lanes(3, (7, 13, 3), 3, cycles_per_step=2, sharing="per-lane")
        ),
        MomentumSgdUnit(
            circuit=counter_lanes(
                lanes=2,
                bits=(6, 14, 3),
                decay_shift=3,
                generators=(Sobol(width=5), Sobol(width=6, dimension=1)),
                cycles_per_step=8,
            )
        ),
        MomentumSgdUnit(
            circuit=fixed_lanes(2, "sQ1.4 sQ1.4 sQ3.8 uQ1.4", 0, "nearest_even", "saturate")
        ),
    ),
    planted=MomentumSgdUnit(circuit=counter_lanes(2, (4, 5, 2), 2, cycles_per_step=4)),
    oracle=passed,
)
