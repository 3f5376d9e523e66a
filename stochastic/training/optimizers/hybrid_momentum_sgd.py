"""PyTorch optimizer: momentum SGD with binary momenta and stochastic weight counters."""

from __future__ import annotations

from typing import Any

import numpy as np

from fixedpoint.update.lane_words import LaneWords

from ...generators.generator import Generator
from ...generators.lfsr import Lfsr
from ...update.hybrid_momentum_sgd import HybridMomentumSgdLanes
from ...update.hybrid_tensor_update import update_hybrid_slices
from .counter_optimizer import CounterOptimizer
from .step_batches import SliceBatch

__all__ = ["HybridMomentumSGD"]


class HybridMomentumSGD(CounterOptimizer):
    """SGD with momentum; every update is bit for bit that of `HybridMomentumSgdLanes`.

    Each parameter is a weight counter, as in `MomentumSGD`. Its momentum is a binary number of
    two or four bytes, sent to the counter as a sequence of {-1, 0, +1}.

    Parameters
    ----------
    params, lr
        See `CircuitOptimizer` and `CounterOptimizer`.
    gradient_bits : int
        Number k of magnitude bits of a gradient, at most `momentum_bits`. With the exponent s
        of its scale, the code of a gradient g is ``round(g * 2**s * 2**k)``, half to even,
        clipped to full scale 2^k.
    generator : Generator, optional
        Source of the words; by default ``Lfsr(width=momentum_bits)``.
    **options
        `momentum`, `momentum_bits`, `weight_bits`, `weight_fraction`, `cycles_per_step`,
        `lanes`, `sharing`, `scale` and `scale_interval`; see `CounterOptimizer`.

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
        gradient_bits: int = 13,
        generator: Generator | None = None,
        **options: Any,
    ) -> None:
        def make_circuit(weight_fraction: int, **fields: Any) -> HybridMomentumSgdLanes:
            return HybridMomentumSgdLanes(
                gradient_bits=gradient_bits,
                generator=generator or Lfsr(width=fields["momentum_bits"]),
                **fields,
            )

        super().__init__(params, make_circuit, lr=lr, **options)

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

    def _update_batch(self, batch: SliceBatch) -> None:
        update_hybrid_slices(
            batch.slices,
            self._rule,
            self._weight_scale,
            self._words.rows(batch.position, batch.cycles),
            self.circuit.cycles_per_step,
        )
