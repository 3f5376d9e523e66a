"""Momentum SGD half binary, half stochastic as an optimizer of PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np

from fixedpoint.circuit import check_integer
from fixedpoint.update.lane_words import LaneWords

from ...generators.generator import Generator
from ...generators.lfsr import Lfsr
from ...update.hybrid_momentum_sgd import HybridMomentumSgdLanes
from ...update.hybrid_tensor_update import update_hybrid_slices
from .circuit_optimizer import Batch, decay_shift
from .counter_optimizer import CounterOptimizer

__all__ = ["HybridMomentumSGD"]


class HybridMomentumSGD(CounterOptimizer):
    """SGD with momentum, every update bit for bit that of the circuit `HybridMomentumSgdLanes`.

    Each parameter is a weight counter, as in `MomentumSGD`; its momentum is a binary number
    of two or four bytes, sent to the counter as a sequence of {-1, 0, +1}.

    Parameters
    ----------
    params, scale, scale_interval
        See `CircuitOptimizer`.
    lr : float
        By how much one step moves a weight whose momentum is at full scale; as in
        `MomentumSGD`.
    momentum : float
        beta of the moving average, ``1 - 2**-n`` with n from 0 to 16.
    gradient_bits : int
        k: the code of a gradient g is ``round(g * 2**s * 2**k)``, half to even, clipped to
        full scale 2^k, with s the scale's exponent.
    momentum_bits : int
        Magnitude bits of the momentum, at least `gradient_bits`.
    weight_bits, weight_fraction, cycles_per_step, lanes : int
        As in `MomentumSGD`.
    generator : Generator, optional
        Source of the words; by default ``Lfsr(width=momentum_bits)``.
    sharing : {"rotation", "per-lane"}
        How lanes share the generator; see `HybridMomentumSgdLanes`.

    Notes
    -----
    Attributes, errors, the order of the updates and checkpoints are those of
    `CircuitOptimizer`.

    Source: as for `HybridMomentumSgdLanes`.

    Examples
    --------
    >>> import torch
    >>> from stochastic.training import HybridMomentumSGD
    >>> weight = torch.nn.Parameter(torch.zeros(4))
    >>> optimizer = HybridMomentumSGD([weight], lr=0.25, momentum=0.0)
    >>> weight.grad = torch.tensor([4.0, -4.0, 0.0, 4.0])
    >>> optimizer.step()
    >>> weight.tolist()
    [-0.25, 0.25, 0.0, -0.25]
    """

    circuit: HybridMomentumSgdLanes

    def __init__(
        self,
        params: Any,
        lr: float = 3e-3,
        *,
        momentum: float = 0.9375,
        gradient_bits: int = 13,
        momentum_bits: int = 14,
        weight_bits: int = 20,
        weight_fraction: int = 17,
        cycles_per_step: int = 1,
        lanes: int = 64,
        generator: Generator | None = None,
        sharing: str = "rotation",
        scale: str | int = "auto",
        scale_interval: int = 64,
    ) -> None:
        weight_bits = check_integer("weight_bits", weight_bits, 2, 24)
        circuit = HybridMomentumSgdLanes(
            lanes=lanes,
            gradient_bits=gradient_bits,
            momentum_bits=momentum_bits,
            weight_bits=weight_bits,
            decay_shift=decay_shift(momentum),
            cycles_per_step=cycles_per_step,
            rate_bits=weight_bits - 1,
            generator=generator or Lfsr(width=momentum_bits),
            sharing=sharing,
        )
        super().__init__(
            params,
            circuit,
            lr=lr,
            weight_fraction=weight_fraction,
            scale=scale,
            scale_interval=scale_interval,
        )

    def _prepare(self) -> None:
        super()._prepare()
        circuit = self.circuit
        self.gradient_unit = 2.0**-circuit.gradient_bits
        # Full scale is 2^momentum_bits itself.
        self.momentum_type = np.int16 if circuit.momentum_bits < 15 else np.int32
        self._rule = circuit.momentum_rule
        self._words = LaneWords(
            circuit.generators, circuit.lanes, self.momentum_type, keep=True
        )

    def _update(self, batch: Batch) -> None:
        update_hybrid_slices(
            batch.pieces,
            self._rule,
            self._numbers,
            self._words.rows(batch.position, batch.cycles),
            self.circuit.cycles_per_step,
        )
