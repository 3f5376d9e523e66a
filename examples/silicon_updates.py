"""Ways to update weights by momentum SGD, for the tables of `examples.silicon`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from examples.silicon_way import LANES, Way
from fixedpoint import Bfloat16MomentumSgdLanes, FixedMomentumSgdLanes, Format
from stochastic import HybridMomentumSgdLanes, Lfsr, MomentumSgdLanes

__all__ = ["update"]

UPDATE_LANES = 8
DECAY_SHIFT = 4
GENERATORS = (Lfsr(width=8), Lfsr(width=8, form="galois"))
# Test error of ResNet18 that was trained by each circuit, as docs/training.md has it. The
# counters of the training have more bits than needed: 14 and 20, where these have 8 and 14.
RESNET18_ERRORS = {
    "dynamic stochastic": 0.1150,
    "hybrid": 0.1077,
    "fixed point, 16 bits": 0.1103,
    "bfloat16": 0.1125,
}


def bfloat16_codes(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return numbers cut to bfloat16, as codes."""
    return (values.astype(np.float32).view(np.uint32) >> 16).astype(np.int64)


def updates(circuit: Any, rng: np.random.Generator) -> dict[str, NDArray[np.int64]]:
    """Return updates of other weights each, as of a tensor in memory; the rate is held.

    Gradients are normal, and the momentum is a moving average of such gradients.
    """
    cycles = 512
    ports = {port.name: port for port in circuit.inputs}
    shape = (cycles, LANES * UPDATE_LANES)
    spread = 1 / 8
    average = 2.0**-DECAY_SHIFT
    momentum = spread * np.sqrt(average / (2 - average))
    real = {
        "gradient": np.clip(rng.normal(0, spread, shape), -1, 1),
        "momentum_in": rng.normal(0, momentum, shape),
        "weight_in": rng.uniform(-0.5, 0.5, shape),
    }
    # Cycle 0 is the reset.
    real = {name: np.roll(v, 1, axis=0) for name, v in real.items()}
    found = {"load": np.ones((cycles, LANES), np.int64)}
    found["load"][0] = 0
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
    shape = {"lanes": UPDATE_LANES, "decay_shift": DECAY_SHIFT}
    narrow = {**shape, "momentum_bits": 8, "weight_bits": 14, "rate_bits": 4}
    circuits: dict[str, Any] = {
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
            decay_shift=DECAY_SHIFT,
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
        Way(label, circuit, 1, UPDATE_LANES, RESNET18_ERRORS[label], updates)
        for label, circuit in circuits.items()
    ]
