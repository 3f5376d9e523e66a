"""Momentum SGD in stochastic logic as an optimizer of PyTorch."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from fixedpoint.circuit import check_integer
from fixedpoint.update.lane_words import LaneWords

from ...generators.generator import Generator
from ...generators.lfsr import Lfsr
from ...update.momentum_sgd import MomentumSgdLanes
from ...update.momentum_tensor_update import sample_slices, update_slices
from .circuit_optimizer import Batch, decay_shift
from .counter_optimizer import CounterOptimizer

__all__ = ["MomentumSGD"]


class MomentumSGD(CounterOptimizer):
    """SGD with momentum, every update bit for bit that of the circuit `MomentumSgdLanes`.

    Each parameter is a weight counter: its value is a whole number of units of
    ``2**-(weight_fraction + log2(cycles_per_step))``. Beside it each parameter has a momentum
    counter of one or two bytes.

    Parameters
    ----------
    params, scale, scale_interval
        See `CircuitOptimizer`. The code of a gradient g under the exponent s is
        ``round(g * 2**s * 2**k)``, half to even, clipped to full scale 2^k, with k the width
        of the gradient generator.
    lr : float
        By how much one step moves a weight whose momentum is at full scale; see
        `CounterOptimizer`.
    momentum : float
        beta of the moving average, ``1 - 2**-n`` with n from 0 to 16.
    momentum_bits : int
        Magnitude bits of the momentum counter.
    weight_bits, weight_fraction : int
        Bits of a weight, and how many of them lie behind the binary point; see
        `CounterOptimizer`.
    weight_decay : float
        lambda, 0 or a power of two: a step also moves the expected weight by ``lr * lambda``
        of itself towards 0, apart from the momentum, as AdamW does. All tensors decay.
    cycles_per_step : int
        L, a power of two: cycles of the circuit per update. More cost time and buy less
        noise.
    lanes : int
        P, parameters that the circuit updates side by side.
    gradient_generator, momentum_generator : Generator, optional
        Sources of the words; by default ``Lfsr(width=13)``, or of width 12 where the momentum
        has 13 bits, and an `Lfsr` of width `momentum_bits`. Their periods are odd, so that
        the words which one parameter gets in successive steps repeat late even in a network
        whose sizes are powers of two.
    sharing : {"rotation", "per-lane"}
        How lanes share the generators; see `MomentumSgdLanes`.

    Notes
    -----
    Attributes, errors, the order of the updates and checkpoints are those of
    `CircuitOptimizer`. The automatic scale lets typical gradients saturate their
    comparators: at one cycle a step a smaller scale wastes the few samples there are.

    Weight decay takes a third generator, the Galois `Lfsr` of
    ``weight_fraction + log2(cycles_per_step) - log2(lambda)`` bits. For Nesterov's form,
    which is not offered, see `MomentumSgdLanes`.

    Source: as for `MomentumSgdLanes`; the scale choice is this project's own.

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
        momentum: float = 0.9375,
        momentum_bits: int = 14,
        weight_bits: int = 20,
        weight_fraction: int = 17,
        weight_decay: float = 0.0,
        cycles_per_step: int = 1,
        lanes: int = 64,
        gradient_generator: Generator | None = None,
        momentum_generator: Generator | None = None,
        sharing: str = "rotation",
        scale: str | int = "auto",
        scale_interval: int = 64,
    ) -> None:
        weight_bits = check_integer("weight_bits", weight_bits, 2, 24)
        check_integer("weight_fraction", weight_fraction, 0, weight_bits - 1)
        circuit = MomentumSgdLanes(
            lanes=lanes,
            momentum_bits=momentum_bits,
            weight_bits=weight_bits,
            decay_shift=decay_shift(momentum),
            cycles_per_step=cycles_per_step,
            rate_bits=weight_bits - 1,
            gradient_generator=gradient_generator
            or Lfsr(width=12 if momentum_bits == 13 else 13),
            momentum_generator=momentum_generator or Lfsr(width=momentum_bits),
            sharing=sharing,
        )
        if weight_decay:
            # lambda is 2^(behind - q), with q the third generator's width.
            behind = weight_fraction + circuit.weight_width - weight_bits
            low = max(circuit.weight_width - 1, 3)
            width = behind - _logarithm(weight_decay, behind - 32, behind - low)
            third = Lfsr(width=width, form="galois")
            circuit = circuit.replace(weight_decay_generator=third)
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
        self.gradient_unit = 1 / circuit.gradient_limit
        # Counters that start at 0 only hold multiples of the increment: count those.
        self._shift = circuit.momentum_bits - circuit.cycle_shift
        self._limit = 1 << circuit.cycle_shift
        self.momentum_type = next(
            kind
            for kind in (np.int8, np.int16, np.int32)
            if 2 * self._limit <= np.iinfo(kind).max + 1
        )
        self._samples = np.empty(0, np.int8)
        self._words = tuple(
            LaneWords(circuit.lane_generators(own), circuit.lanes, kind, shift, keep=True)
            for own, kind, shift in (
                (circuit.gradient_generator, np.uint16, 0),
                (circuit.momentum_generator, self.momentum_type, self._shift),
            )
        )

    def momentum_codes(self, tensor):
        return super().momentum_codes(tensor) << self._shift

    def _start(self, size: int) -> None:
        if self._samples.size < size:
            self._samples = np.empty(size, np.int8)

    def _check(self, batch: Batch) -> int:
        # To look at the gradients is to sample them.
        return sample_slices(
            batch.pieces,
            *(words.rows(batch.position, batch.cycles) for words in self._words),
            self.circuit.cycles_per_step,
            self._samples,
        )

    def _update(self, batch: Batch) -> None:
        cycles = batch.position, batch.cycles
        update_slices(
            batch.pieces,
            self._limit,
            self._numbers,
            *(words.rows(*cycles) for words in self._words),
            self.circuit.decay_words(*cycles),
            self.circuit.cycles_per_step,
            self._samples,
        )


def _logarithm(weight_decay: float, low: int, high: int) -> int:
    """Return log2 of a weight decay, or raise a ValueError that says what there is."""
    fraction, exponent = math.frexp(weight_decay)
    if fraction != 0.5 or not low <= exponent - 1 <= high:
        raise ValueError(
            f"weight_decay must be 0 or a power of two between {2.0**low} and {2.0**high}, "
            f"not {weight_decay}"
        )
    return exponent - 1
