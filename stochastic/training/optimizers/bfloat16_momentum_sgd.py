"""PyTorch optimizer: momentum SGD in bfloat16."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from fixedpoint import Bfloat16MomentumSgdLanes, Rounding, from_bfloat16, to_bfloat16
from fixedpoint.bfloat16.kernels import check_subnormals
from fixedpoint.bfloat16.number import INFINITY, WORD_BITS
from fixedpoint.update.bfloat16_kernels import update_slices
from fixedpoint.update.lane_words import LaneWords

from ...generators.generator import Generator
from ...generators.lfsr import Lfsr
from .circuit_optimizer import CircuitOptimizer
from .hyperparameters import decay_shift, learning_rate
from .step_batches import SliceBatch

__all__ = ["Bfloat16MomentumSGD"]


class Bfloat16MomentumSGD(CircuitOptimizer):
    """SGD with momentum; every update is bit for bit that of `Bfloat16MomentumSgdLanes`.

    Each parameter is a bfloat16 number in a float32 tensor. The constructor rounds the given
    values to bfloat16. A momentum takes two bytes.

    Parameters
    ----------
    params
        See `CircuitOptimizer`.
    lr : float
        Rounded to bfloat16. An update subtracts `lr` times the momentum from a weight. A
        learning rate other than 0 must not round to 0 in the constructor.
    momentum : float
        Decay beta of the moving average, ``1 - 2**-n`` with n from 0 to 16.
    rounding : {"stochastic", "nearest_even"}
        Rounding of the weights. With ``"nearest_even"`` an update of less than half the
        distance of two adjacent numbers, 2^-8 to 2^-9 of the weight, is lost.
    lanes : int
        Number P of parameters that the circuit updates side by side.
    generator : Generator, optional
        Source of the words of stochastic rounding, 1 to 16 bits wide; by default
        ``Lfsr(width=13)``, and none with ``"nearest_even"``.

    Notes
    -----
    Attributes, errors, the order of the updates and checkpoints are those of
    `CircuitOptimizer`; gradients have no scale. Gradients and weights must be finite in
    bfloat16. The codes of gradients, momenta, weights and rates are their bit patterns.

    With ``"nearest_even"`` an update of bfloat16 tensors is::

        momentum += (gradient - momentum) * 2**-n
        weight -= lr * momentum

    `lr` has the same meaning as in `torch.optim.SGD` with ``dampening=momentum``. Without
    dampening, the momentum of `torch.optim.SGD` is ``1 / (1 - beta)`` times as large.

    Source: as for `Bfloat16MomentumSgdLanes`.

    Examples
    --------
    >>> import torch
    >>> from stochastic.training import Bfloat16MomentumSGD
    >>> weight = torch.nn.Parameter(torch.ones(3))
    >>> optimizer = Bfloat16MomentumSGD(
    ...     [weight], lr=0.25, momentum=0.0, rounding="nearest_even"
    ... )
    >>> weight.grad = torch.tensor([4.0, -2.0, 0.001])
    >>> optimizer.step()
    >>> weight.tolist()
    [0.0, 1.5, 1.0]
    """

    SCALED = False
    # Numbers from halfway between the largest one and 2^128 on round to infinity.
    INFINITY_BITS = 0x7F7F8000

    circuit: Bfloat16MomentumSgdLanes

    def __init__(
        self,
        params: Any,
        lr: float = 0.1,
        *,
        momentum: float = 0.9375,
        rounding: str | Rounding = Rounding.STOCHASTIC,
        lanes: int = 64,
        generator: Generator | None = None,
    ) -> None:
        if generator is None and Rounding(rounding) is Rounding.STOCHASTIC:
            generator = Lfsr(width=13)
        circuit = Bfloat16MomentumSgdLanes(
            lanes=lanes,
            decay_shift=decay_shift(momentum),
            rounding=Rounding(rounding),
            weight_generator=generator,
        )
        super().__init__(params, circuit, lr=lr)

    def _prepare(self) -> None:
        circuit = self.circuit
        self.momentum_type = np.int16
        self.gradient_unit = 1.0
        self._decay_factor = np.float32(2.0**-circuit.decay_shift)
        self._words: LaneWords | None = None
        generator = circuit.weight_generator
        if isinstance(generator, Generator):
            shift = generator.width - WORD_BITS
            self._words = LaneWords((generator,), circuit.lanes, np.uint16, shift, keep=True)

    def rate(self, group: dict[str, Any]) -> int:
        """Return the bit pattern of a group's learning rate.

        Raises
        ------
        ValueError
            If the learning rate is negative or not finite in bfloat16.
        """
        lr = learning_rate(group)
        pattern = int(to_bfloat16(lr))
        # The patterns of negative numbers are larger than that of infinity; -0 is 0.
        if lr and pattern >= INFINITY:
            largest = from_bfloat16(INFINITY - 1).item()
            raise ValueError(f"lr must be between 0 and {largest}, not {lr}")
        return pattern & 0x7FFF

    def _check_lr(self, group: dict[str, Any]) -> None:
        if not self.rate(group) and group["lr"]:
            smallest = from_bfloat16(1).item()
            raise ValueError(
                f"lr must be 0 or more than half of {smallest}, the smallest positive bfloat16 "
                f"number, not {group['lr']}"
            )

    def _check_values(self, name: str, values: torch.Tensor) -> None:
        infinite = values[~torch.isfinite(values.to(torch.bfloat16))]
        if infinite.numel():
            raise ValueError(
                f"weights must be finite in bfloat16, but {name} holds {infinite[0].item()}"
            )

    def _round_to_grid(self, tensor: torch.Tensor) -> None:
        tensor.copy_(tensor.to(torch.bfloat16))

    def gradient_codes(self, tensor: torch.Tensor) -> NDArray[np.int32]:
        """Return the bit patterns of a tensor's gradient, flat."""
        if tensor.grad is None:
            return np.zeros(tensor.numel(), np.int32)
        return to_bfloat16(tensor.grad.detach().cpu().numpy()).astype(np.int32).reshape(-1)

    def momentum_codes(self, tensor: torch.Tensor) -> NDArray[np.int32]:
        """Return the bit patterns of a tensor's momenta, flat; zeros before its first step."""
        return super().momentum_codes(tensor) & 0xFFFF

    def weight_codes(self, tensor: torch.Tensor) -> NDArray[np.int32]:
        """Return the bit patterns of a tensor's weights, flat."""
        return to_bfloat16(tensor.detach().cpu().numpy()).astype(np.int32).reshape(-1)

    def _update_batch(self, batch: SliceBatch) -> None:
        check_subnormals()
        words = np.empty((0, 1), np.uint16), 0
        if self._words is not None:
            words = self._words.rows(batch.position, batch.cycles)
        update_slices(batch.slices, self._decay_factor, words)
