"""Base of the optimizers whose weights are counters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from fixedpoint.circuit import check_integer

from ...update.hybrid_momentum_sgd import HybridMomentumSgdLanes
from ...update.momentum_sgd import MomentumSgdLanes
from .circuit_optimizer import CircuitOptimizer
from .hyperparameters import decay_shift

__all__ = ["CounterOptimizer"]


class CounterOptimizer(CircuitOptimizer):
    """Base of the optimizers whose weights are saturating counters.

    A weight is an integer number of units of
    ``2**-(weight_fraction + log2(cycles_per_step))``. A cycle moves it by
    ``rate = round(lr * 2**weight_fraction)`` units, half to even.

    Parameters
    ----------
    params, scale, scale_interval
        See `CircuitOptimizer`.
    make_circuit : callable
        Makes the circuit from `weight_fraction` and from the keyword arguments that all such
        circuits share: `lanes`, `momentum_bits`, `weight_bits`, `decay_shift`,
        `cycles_per_step`, `rate_bits` and `sharing`.
    lr : float
        Change of a weight in one step if its momentum is at full scale. A learning rate other
        than 0 must not round to rate 0 in the constructor. A scheduler may reach rate 0, at
        which the weights stay constant.
    momentum : float
        Decay beta of the moving average, ``1 - 2**-n`` with n from 0 to 16.
    momentum_bits : int
        Magnitude bits of the momentum.
    weight_bits : int
        Bits of a weight. With log2(cycles_per_step) more bits it must have at most 24, which
        float32 holds exactly.
    weight_fraction : int
        Number of these bits behind the binary point. The range of the weights is
        ``-2**(weight_bits - 1 - weight_fraction)`` to one unit below the opposite value.
    cycles_per_step : int
        Number L of cycles of the circuit per update, a power of two. More cycles take more
        time and reduce the noise.
    lanes : int
        Number P of parameters that the circuit updates side by side.
    sharing : {"rotation", "per-lane"}
        How lanes share generators; see the circuit.
    """

    SETTINGS = ("weight_fraction",)

    circuit: MomentumSgdLanes | HybridMomentumSgdLanes
    weight_fraction: int

    def __init__(
        self,
        params: Any,
        make_circuit: Callable[..., MomentumSgdLanes | HybridMomentumSgdLanes],
        *,
        lr: float,
        momentum: float = 0.9375,
        momentum_bits: int = 14,
        weight_bits: int = 20,
        weight_fraction: int = 17,
        cycles_per_step: int = 1,
        lanes: int = 64,
        sharing: str = "rotation",
        scale: str | int = "auto",
        scale_interval: int = 64,
    ) -> None:
        weight_bits = check_integer("weight_bits", weight_bits, 2, 24)
        weight_fraction = check_integer("weight_fraction", weight_fraction, 0, weight_bits - 1)
        circuit = make_circuit(
            weight_fraction,
            lanes=lanes,
            momentum_bits=momentum_bits,
            weight_bits=weight_bits,
            decay_shift=decay_shift(momentum),
            cycles_per_step=cycles_per_step,
            rate_bits=weight_bits - 1,
            sharing=sharing,
        )
        if circuit.weight_width > 24:
            raise ValueError(
                "weight_bits + log2(cycles_per_step) must be at most 24, "
                f"not {circuit.weight_width}"
            )
        super().__init__(
            params,
            circuit,
            lr=lr,
            scale=scale,
            scale_interval=scale_interval,
            weight_fraction=weight_fraction,
        )

    def _prepare(self) -> None:
        cycle_bits = self.circuit.weight_width - self.circuit.weight_bits
        self.unit = 2.0 ** -(self.weight_fraction + cycle_bits)
        self.rate_unit = 2.0**-self.weight_fraction
        # Unit, low and high end of the weights, as kernels take them.
        self._weight_scale = tuple(
            np.float32(n) for n in (self.unit, *self.circuit.weight_range)
        )
