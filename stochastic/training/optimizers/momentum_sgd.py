"""PyTorch optimizer: momentum SGD in stochastic logic."""

from __future__ import annotations

from typing import Any

import numpy as np

from fixedpoint.update.lane_words import LaneWords

from ...generators.generator import Generator
from ...generators.lfsr import Lfsr
from ...update.many_cycles_update import update_slices_many_cycles
from ...update.momentum_sgd import MomentumSgdLanes
from ...update.momentum_tensor_update import sample_slices, update_slices
from .counter_optimizer import CounterOptimizer
from .hyperparameters import weight_decay_exponent
from .step_batches import SliceBatch

__all__ = ["MomentumSGD"]


class MomentumSGD(CounterOptimizer):
    """SGD with momentum; every update is bit for bit that of the circuit `MomentumSgdLanes`.

    Each parameter is a weight counter and has a momentum counter of one or two bytes. The
    value of a parameter is an integer number of units of
    ``2**-(weight_fraction + log2(cycles_per_step))``.

    Parameters
    ----------
    params, lr
        See `CircuitOptimizer` and `CounterOptimizer`. With the exponent s of its scale, the
        code of a gradient g is ``round(g * 2**s * 2**k)``, half to even, clipped to full
        scale 2^k; k is the width of the gradient generator.
    weight_decay : float
        lambda, 0 or a power of two. A step also moves the expected weight by ``lr * lambda``
        of itself towards 0, decoupled from the momentum as in AdamW. All tensors decay.
    gradient_generator, momentum_generator : Generator, optional
        Sources of the words. By default an `Lfsr` of width 13, or 12 if the momentum has 13
        bits, and an `Lfsr` of width `momentum_bits`. Their periods are odd, so that the words
        of one parameter in successive steps repeat late, even in a network whose sizes are
        powers of two.
    **options
        `momentum`, `momentum_bits`, `weight_bits`, `weight_fraction`, `cycles_per_step`,
        `lanes`, `sharing`, `scale` and `scale_interval`; see `CounterOptimizer`.

    Notes
    -----
    Attributes, errors, the order of the updates and checkpoints are those of
    `CircuitOptimizer`. With the automatic scale, typical gradients saturate their
    comparators: at one cycle per step a smaller scale would waste the few samples.

    `Sobol` generators and ``sharing="per-lane"`` reduce the noise of few samples. With 64
    lanes, the words of the L cycles of a step, up to 64, lie in L intervals of equal size, so
    that the number of ones that a gradient gives errs by less than 1. A smaller scale, such as
    ``"auto-2"`` with L = 4 and 4 times the `lr`, then saturates fewer gradients. The periods of
    these generators are powers of two: the words of a parameter repeat early if the cycles of
    a step have a large power of two as a factor.

    Weight decay adds a third generator, the Galois `Lfsr` of
    ``weight_fraction + log2(cycles_per_step) - log2(lambda)`` bits. There is no Nesterov form;
    see `MomentumSgdLanes`.

    Source: as for `MomentumSgdLanes`; the choice of the scale is a definition of this project.

    Examples
    --------
    >>> import torch
    >>> from stochastic.training import MomentumSGD
    >>> weight = torch.nn.Parameter(torch.zeros(4))
    >>> optimizer = MomentumSGD([weight], lr=0.25, momentum=0.0)
    >>> weight.grad = torch.tensor([4.0, -4.0, 0.0, 4.0])
    >>> for _ in range(2):
    ...     optimizer.step()
    >>> weight.tolist()
    [-0.25, 0.25, 0.0, -0.25]
    """

    circuit: MomentumSgdLanes

    def __init__(
        self,
        params: Any,
        lr: float = 3e-3,
        *,
        weight_decay: float = 0.0,
        gradient_generator: Generator | None = None,
        momentum_generator: Generator | None = None,
        **options: Any,
    ) -> None:
        def make_circuit(weight_fraction: int, **fields: Any) -> MomentumSgdLanes:
            momentum_bits = fields["momentum_bits"]
            circuit = MomentumSgdLanes(
                gradient_generator=gradient_generator
                or Lfsr(width=12 if momentum_bits == 13 else 13),
                momentum_generator=momentum_generator or Lfsr(width=momentum_bits),
                **fields,
            )
            if not weight_decay:
                return circuit
            # lambda is 2^(fraction_bits - width), with the width of the third generator.
            fraction_bits = weight_fraction + circuit.weight_width - circuit.weight_bits
            minimum_width = max(circuit.weight_width - 1, 3)
            width = fraction_bits - weight_decay_exponent(
                weight_decay, fraction_bits - 32, fraction_bits - minimum_width
            )
            return circuit.replace(weight_decay_generator=Lfsr(width=width, form="galois"))

        super().__init__(params, make_circuit, lr=lr, **options)

    def _prepare(self) -> None:
        super()._prepare()
        circuit = self.circuit
        self.gradient_unit = 1 / circuit.gradient_limit
        # From 0 on, counters hold only multiples of the increment: store these multiples.
        self._shift = circuit.momentum_bits - circuit.cycle_shift
        self._limit = 1 << circuit.cycle_shift
        self.momentum_type = next(
            dtype
            for dtype in (np.int8, np.int16, np.int32)
            if 2 * self._limit <= np.iinfo(dtype).max + 1
        )
        self._samples = np.empty(0, np.int8)
        self._words = tuple(
            LaneWords(
                circuit.lane_generators(generator), circuit.lanes, dtype, shift, keep=True
            )
            for generator, dtype, shift in (
                (circuit.gradient_generator, np.uint16, 0),
                (circuit.momentum_generator, self.momentum_type, self._shift),
            )
        )

    def momentum_codes(self, tensor):
        return super().momentum_codes(tensor) << self._shift

    def _begin_step(self, size: int) -> None:
        if self.circuit.cycles_per_step == 1 and self._samples.size < size:
            self._samples = np.empty(size, np.int8)

    def _count_finite(self, batch: SliceBatch) -> int:
        if self.circuit.cycles_per_step > 1:
            return super()._count_finite(batch)
        # The kernel that samples the gradients also checks them.
        words = (words.rows(batch.position, batch.cycles) for words in self._words)
        return sample_slices(batch.slices, *words, self._samples)

    def _update_batch(self, batch: SliceBatch) -> None:
        cycles = batch.position, batch.cycles
        words = (
            *(words.rows(*cycles) for words in self._words),
            self.circuit.decay_words(*cycles),
        )
        scales = self._limit, self._weight_scale
        if self.circuit.cycles_per_step == 1:
            update_slices(batch.slices, *scales, *words, self._samples)
        else:
            update_slices_many_cycles(
                batch.slices, *scales, *words, self.circuit.cycles_per_step
            )
