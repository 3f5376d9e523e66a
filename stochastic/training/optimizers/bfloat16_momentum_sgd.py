"""Momentum SGD in bfloat16 as an optimizer of PyTorch."""

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
from .circuit_optimizer import Batch, CircuitOptimizer, decay_shift, learning_rate

__all__ = ["Bfloat16MomentumSGD"]


class Bfloat16MomentumSGD(CircuitOptimizer):
    """SGD with momentum by the circuit `Bfloat16MomentumSgdLanes`, bit for bit.

    Each parameter is a number of bfloat16 in a tensor of float32, which is rounded to one
    when the optimizer is made and stays one; its momentum takes two bytes.

    Parameters
    ----------
    params
        See `CircuitOptimizer`.
    lr : float
        Rounded to bfloat16: what a weight loses is `lr` times the momentum. A learning rate
        that is not 0 must not round to 0 when the optimizer is made.
    momentum : float
        beta of the moving average, ``1 - 2**-n`` with n from 0 to 16.
    rounding : {"stochastic", "nearest_even"}
        Of the weights. With the nearest, an update of less than half the distance of two
        neighbours, 2^-8 to 2^-9 of the weight, is lost.
    lanes : int
        P, parameters that the circuit updates side by side.
    generator : Generator, optional
        Source of the words that round stochastically, 1 to 16 bits wide; by default
        ``Lfsr(width=13)``, and with ``"nearest_even"`` none.

    Notes
    -----
    Attributes, errors, the order of the updates and checkpoints are those of
    `CircuitOptimizer`; gradients have no scale. Gradients and weights that are not finite in
    bfloat16 are refused. The codes
    of gradients, momenta, weights and rates are their patterns.

    With ``"nearest_even"`` an update is, in tensors of bfloat16::

        momentum += (gradient - momentum) * 2**-n
        weight -= lr * momentum

    So `lr` means what it does in `torch.optim.SGD` with ``dampening=momentum``; without
    dampening that one's momentum is ``1 / (1 - beta)`` times as large.

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
    # From half-way between the largest number and 2^128 on, all becomes infinite.
    INFINITY = 0x7F7F8000

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
        self._factor_of_change = np.float32(2.0**-circuit.decay_shift)
        self._words: LaneWords | None = None
        generator = circuit.weight_generator
        if isinstance(generator, Generator):
            shift = generator.width - WORD_BITS
            self._words = LaneWords((generator,), circuit.lanes, np.uint16, shift, keep=True)

    def rate(self, group: dict[str, Any]) -> int:
        """Return the pattern of a group's learning rate.

        Raises
        ------
        ValueError
            If the learning rate is negative or not finite in bfloat16.
        """
        lr = learning_rate(group)
        pattern = int(to_bfloat16(lr))
        # The patterns of negative numbers come after that of infinity; -0 is 0.
        if lr and pattern >= INFINITY:
            top = from_bfloat16(INFINITY - 1).item()
            raise ValueError(f"lr must be between 0 and {top}, not {lr}")
        return pattern & 0x7FFF

    def _check_lr(self, group: dict[str, Any]) -> None:
        if not self.rate(group) and group["lr"]:
            least = from_bfloat16(1).item()
            raise ValueError(
                f"lr must be 0 or more than half of {least}, the least number of bfloat16, "
                f"not {group['lr']}"
            )

    def _check_values(self, name: str, values: torch.Tensor) -> None:
        wrong = values[~torch.isfinite(values.to(torch.bfloat16))]
        if wrong.numel():
            raise ValueError(
                f"weights must be finite in bfloat16, but {name} holds {wrong[0].item()}"
            )

    def _round(self, tensor: torch.Tensor) -> None:
        tensor.copy_(tensor.to(torch.bfloat16))

    def gradient_codes(self, tensor: torch.Tensor) -> NDArray[np.int32]:
        """Return the patterns of a tensor's gradient, flat."""
        if tensor.grad is None:
            return np.zeros(tensor.numel(), np.int32)
        return to_bfloat16(tensor.grad.detach().cpu().numpy()).astype(np.int32).reshape(-1)

    def momentum_codes(self, tensor: torch.Tensor) -> NDArray[np.int32]:
        """Return the patterns of a tensor's momenta, flat; zeros before its first step."""
        return super().momentum_codes(tensor) & 0xFFFF

    def weight_codes(self, tensor: torch.Tensor) -> NDArray[np.int32]:
        """Return the patterns of a tensor's weights, flat."""
        return to_bfloat16(tensor.detach().cpu().numpy()).astype(np.int32).reshape(-1)

    def _update(self, batch: Batch) -> None:
        check_subnormals()
        words = np.empty((0, 1), np.uint16), 0
        if self._words is not None:
            words = self._words.rows(batch.position, batch.cycles)
        update_slices(batch.pieces, self._factor_of_change, words)
