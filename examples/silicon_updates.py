"""Ways to update weights by momentum SGD, for the tables of `examples.silicon`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from examples.silicon_way import LANES, Way
from fixedpoint import Bfloat16MomentumSgdLanes, FixedMomentumSgdLanes, Format
from fixedpoint.circuit import Circuit
from stochastic import HybridMomentumSgdLanes, Lfsr, MomentumSgdLanes

__all__ = ["update"]

UPDATE_LANES = 8
GENERATORS = (Lfsr(width=8), Lfsr(width=8, form="galois"))


def bfloat16_codes(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return numbers cut to bfloat16, as codes."""
    return (values.astype(np.float32).view(np.uint32) >> 16).astype(np.int64)


def updates(circuit: Circuit, rng: np.random.Generator) -> dict[str, NDArray[np.int64]]:
    """Return updates: weights are loaded once, gradients are normal, the rate is held."""
    cycles = 512
    ports = {port.name: port for port in circuit.inputs}
    shape = (cycles, LANES * UPDATE_LANES)
    real = {
        "gradient": np.clip(rng.normal(0, 1 / 8, shape), -1, 1),
        "momentum_in": np.zeros(shape),
        "weight_in": rng.uniform(-0.5, 0.5, shape),
    }
    found = {"load": np.zeros((cycles, LANES), np.int64)}
    found["load"][1] = 1
    floating = isinstance(circuit, Bfloat16MomentumSgdLanes)
    for name, values in real.items():
        if floating:
            found[name] = bfloat16_codes(values)
        else:
            # The number 1 is half of the range of a Q2.14 or Q4.12 code, and all of a sample's.
            fixed = isinstance(circuit, FixedMomentumSgdLanes)
            unit = (4096 if name == "weight_in" else 16384) if fixed else ports[name].range[1]
            found[name] = np.round(values * unit).astype(np.int64)
    # A tenth, or of a narrow port a code with as many ones.
    rate = 26 if ports["rate"].width == 8 else 13
    if floating:
        rate = int(bfloat16_codes(np.array([0.1]))[0])
    found["rate"] = np.full((cycles, LANES), rate, np.int64)
    return found


def update() -> list[Way]:
    """Return momentum SGD: dynamic stochastic, hybrid, fixed point and bfloat16."""
    first, second = GENERATORS
    shape = {"lanes": UPDATE_LANES, "decay_shift": 4}
    narrow = {**shape, "momentum_bits": 8, "weight_bits": 14, "rate_bits": 4}
    circuits = {
        "dynamic stochastic": MomentumSgdLanes(
            **narrow, gradient_generator=first, momentum_generator=second
        ),
        "hybrid": HybridMomentumSgdLanes(**narrow, gradient_bits=7, generator=first),
        "fixed point, 16 bits": FixedMomentumSgdLanes(
            lanes=UPDATE_LANES,
            gradient_format=Format.parse("sQ2.14"),
            momentum_format=Format.parse("sQ2.14"),
            weight_format=Format.parse("sQ4.12"),
            rate_format=Format.parse("uQ0.8"),
            decay_shift=4,
            rounding="stochastic",
            overflow="saturate",
            momentum_generator=Lfsr(width=4),
            weight_generator=Lfsr(width=10),
        ),
        "bfloat16": Bfloat16MomentumSgdLanes(
            **shape, rounding="stochastic", weight_generator=first
        ),
    }
    return [
        Way(label, circuit, 1, UPDATE_LANES, None, updates)
        for label, circuit in circuits.items()
    ]
