"""Momentum SGD half binary, half stochastic as an optimizer of PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np

from fixedpoint.parameters import check_integer

from ..generator import Generator
from ..hybrid_momentum_sgd import HybridMomentumSgd
from ..hybrid_update import update_hybrid
from ..lfsr import Lfsr
from ..momentum_update import LaneWords
from .circuit_optimizer import CircuitOptimizer, Piece, decay_shift
from .optimizer import check_weight_width

__all__ = ["HybridMomentumSGD"]


class HybridMomentumSGD(CircuitOptimizer):
    """SGD with momentum, every update bit for bit that of the circuit `HybridMomentumSgd`.

    Each parameter is a weight counter, as in `MomentumSGD`; its momentum is a binary number
    of two or four bytes, sent to the counter as a sequence of {-1, 0, +1}.

    Parameters
    ----------
    params : iterable
        Tensors, named tensors or parameter groups; see `CircuitOptimizer`.
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
        How lanes share the generator; see `HybridMomentumSgd`.
    scale, scale_interval
        See `CircuitOptimizer`.

    Raises
    ------
    TypeError, ValueError
        If a tensor cannot be updated here, its values do not fit the weights' range, or a
        parameter is out of range.

    Notes
    -----
    Attributes, the order of the updates and checkpoints are those of `CircuitOptimizer`.

    Source: as for `HybridMomentumSgd`.

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

    SETTINGS = ("weight_fraction",)

    circuit: HybridMomentumSgd
    weight_fraction: int

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
        circuit = HybridMomentumSgd(
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
        check_weight_width(circuit.weight_width)
        super().__init__(
            params,
            circuit,
            lr=lr,
            scale=scale,
            scale_interval=scale_interval,
            weight_fraction=check_integer(
                "weight_fraction", weight_fraction, 0, weight_bits - 1
            ),
        )

    def _prepare(self) -> None:
        circuit = self.circuit
        further = circuit.weight_width - circuit.weight_bits
        self.unit = 2.0 ** -(self.weight_fraction + further)
        self.rate_unit = 2.0**-self.weight_fraction
        self.gradient_unit = 2.0**-circuit.gradient_bits
        # Full scale is 2^momentum_bits itself.
        self.momentum_type = np.int16 if circuit.momentum_bits < 15 else np.int32
        self._rule = circuit.momentum_rule
        self._range = tuple(np.float32(end) for end in (self.unit, *circuit.weight_range))
        self._words = LaneWords(
            circuit.generators, circuit.lanes, self.momentum_type, keep=True
        )

    def _update(self, piece: Piece) -> None:
        one, where, _, position, cycles = piece
        unit, low, high = self._range
        update_hybrid(
            (one.gradient[where], one.factor),
            (one.momentum[where], self._rule),
            (one.weight[where], unit, np.float32(one.rate), low, high),
            self._words.rows(position, cycles),
            self.circuit.cycles_per_step,
        )
