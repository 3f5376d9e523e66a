"""Catalogue entry of `momentum_sgd_unit`."""

from __future__ import annotations

import numpy as np

from fixedpoint import FixedMomentumSgdLanes
from stochastic import MomentumSgdUnit, Sobol

from ...entry import Entry, Expectation
from ...oracles.counter_updates import SMALLEST_LANES, counter_lanes
from ...oracles.fixed_updates import fixed_lanes
from ...oracles.update_streams import CONSERVATION, largest_safe_rate, sum_of_samples

__all__ = ["ENTRY"]


def transferred_samples(parameters, cycles, lanes, rng) -> Expectation:
    """Expect every sample G of the transferred groups, for any pattern of waiting."""
    p = parameters.circuit
    if isinstance(p, FixedMomentumSgdLanes):
        return exact_updates(parameters, cycles, lanes, rng)
    period = p.gradient_generator.period
    rate = largest_safe_rate(p, p.cycles_per_step)
    code = rng.integers(-p.gradient_limit, p.gradient_limit, lanes * p.lanes, endpoint=True)
    # More than enough cycles if each side is ready in two of three cycles.
    cycles = 100 + 4 * period * p.cycles_per_step
    shape = (cycles, lanes * p.lanes)

    def measure(outputs):
        sums = []
        for lane in range(lanes):
            columns = slice(lane * p.lanes, (lane + 1) * p.lanes)
            taken = np.flatnonzero(outputs["output_valid"][:, lane] & ready[:, lane])[:period]
            assert len(taken) == period
            increments = outputs["momentum"][taken, columns] // p.increment
            sums.append((rate * increments - outputs["weight"][taken, columns]).sum(axis=0))
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
        expected=rate * p.cycles_per_step * sum_of_samples(p, code),
        tolerance=0,
        source=f"{CONSERVATION}; each group starts at 0",
    )


def exact_updates(parameters, cycles, lanes, rng) -> Expectation:
    """Expect C = gradient and W - rate * gradient without momentum and rounding."""
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
        MomentumSgdUnit(circuit=SMALLEST_LANES),
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
    oracle=transferred_samples,
)
