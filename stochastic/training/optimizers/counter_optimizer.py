"""What the optimizers share whose circuits have counters as weights."""

from __future__ import annotations

from typing import Any

import numpy as np

from fixedpoint.circuit import check_integer

from ...update.hybrid_momentum_sgd import HybridMomentumSgdLanes
from ...update.momentum_sgd import MomentumSgdLanes
from .circuit_optimizer import CircuitOptimizer

__all__ = ["CounterOptimizer"]


class CounterOptimizer(CircuitOptimizer):
    """Base of the optimizers each of whose weights is a counter.

    A weight is a whole number of units of ``2**-(weight_fraction + log2(cycles_per_step))``.
    What the circuit subtracts in a cycle is whole units too: ``rate = round(lr *
    2**weight_fraction)``, half to even.

    Parameters
    ----------
    params, circuit, lr, scale, scale_interval
        See `CircuitOptimizer`. A learning rate that is not 0 must not round to 0 when the
        optimizer is made; a scheduler may go there, and then the weights rest.
    weight_fraction : int
        How many of the circuit's `weight_bits` lie behind the binary point; the range is
        ``-2**(weight_bits - 1 - weight_fraction)`` up to just below the opposite. With
        log2(cycles_per_step), `weight_bits` must be at most 24, which float32 holds exactly.
    """

    SETTINGS = ("weight_fraction",)

    circuit: MomentumSgdLanes | HybridMomentumSgdLanes
    weight_fraction: int

    def __init__(
        self,
        params: Any,
        circuit: MomentumSgdLanes | HybridMomentumSgdLanes,
        *,
        lr: float,
        weight_fraction: int,
        scale: str | int,
        scale_interval: int,
    ) -> None:
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
            weight_fraction=check_integer(
                "weight_fraction", weight_fraction, 0, circuit.weight_bits - 1
            ),
        )

    def _prepare(self) -> None:
        further = self.circuit.weight_width - self.circuit.weight_bits
        self.unit = 2.0 ** -(self.weight_fraction + further)
        self.rate_unit = 2.0**-self.weight_fraction
        # The unit and the range, as kernels take them.
        self._numbers = tuple(np.float32(n) for n in (self.unit, *self.circuit.weight_range))
