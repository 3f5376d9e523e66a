"""PyTorch optimizer: momentum SGD in fixed point."""

from __future__ import annotations

from typing import Any

import numpy as np

from fixedpoint import FixedMomentumSgdLanes, Format, Overflow, Rounding
from fixedpoint.rounding.rules import storage_type

from ...generators.generator import Generator
from ...generators.lfsr import Lfsr
from .circuit_optimizer import CircuitOptimizer
from .hyperparameters import decay_shift
from .step_batches import SliceBatch

__all__ = ["FixedMomentumSGD"]


class FixedMomentumSGD(CircuitOptimizer):
    """SGD with momentum; every update is bit for bit that of `FixedMomentumSgdLanes`.

    Momenta and weights are fixed-point numbers, by default of 16 bits each: the usual
    reference in hardware.

    Parameters
    ----------
    params
        See `CircuitOptimizer`.
    lr : float
        Rounded to the rate's format, half to even: by default up to 1/4, in steps of 2^-16.
    momentum : float
        Decay beta of the moving average, ``1 - 2**-n`` with n from 0 to 16.
    rounding : Rounding or str
        Rounding of momenta and weights: ``"nearest_even"``, ``"stochastic"``, or another
        `Rounding`. Rounding to nearest loses changes of less than half a unit of the weight.
        Stochastic rounding preserves them on average.
    gradient_format, momentum_format, weight_format, rate_format : Format or str
        Gradients are scaled, rounded half to even and clipped. Weights and gradients have at
        most 24 bits, which float32 holds exactly, with -100 to 100 fraction bits. Momenta
        have at most 32 bits.
    overflow : Overflow
        Overflow mode of momenta and weights.
    lanes : int
        Number P of parameters that the circuit updates side by side.
    momentum_generator, weight_generator : Generator, optional
        Sources of the words of stochastic rounding; by default ``Lfsr(width=13)`` and
        ``Lfsr(width=14)``.
    **options
        `scale` and `scale_interval`; see `CircuitOptimizer`.

    Notes
    -----
    Attributes, errors, the order of the updates and checkpoints are those of
    `CircuitOptimizer`.

    Source: as for `FixedMomentumSgdLanes`.

    Examples
    --------
    >>> import torch
    >>> from stochastic.training import FixedMomentumSGD
    >>> weight = torch.nn.Parameter(torch.zeros(3))
    >>> optimizer = FixedMomentumSGD([weight], lr=0.125, momentum=0.5, scale=0)
    >>> weight.grad = torch.tensor([1.0, -2.0, 0.0])
    >>> for _ in range(2):
    ...     optimizer.step()
    >>> weight.tolist()
    [-0.15625, 0.3125, 0.0]
    """

    circuit: FixedMomentumSgdLanes

    def __init__(
        self,
        params: Any,
        lr: float = 3e-3,
        *,
        momentum: float = 0.9375,
        rounding: Rounding | str = Rounding.NEAREST_EVEN,
        gradient_format: Format | str = "sQ4.12",
        momentum_format: Format | str = "sQ4.12",
        weight_format: Format | str = "sQ3.13",
        rate_format: Format | str = "uQ-2.16",
        overflow: Overflow | str = Overflow.SATURATE,
        lanes: int = 64,
        momentum_generator: Generator | None = None,
        weight_generator: Generator | None = None,
        **options: Any,
    ) -> None:
        if Rounding(rounding) is Rounding.STOCHASTIC:
            momentum_generator = momentum_generator or Lfsr(width=13)
            weight_generator = weight_generator or Lfsr(width=14)
        formats_and_modes: dict[str, Any] = {
            "gradient_format": gradient_format,
            "momentum_format": momentum_format,
            "weight_format": weight_format,
            "rate_format": rate_format,
            "rounding": rounding,
            "overflow": overflow,
        }
        circuit = FixedMomentumSgdLanes(
            lanes=lanes,
            decay_shift=decay_shift(momentum),
            momentum_generator=momentum_generator,
            weight_generator=weight_generator,
            **formats_and_modes,
        )
        for name, most_bits in (("gradient", 24), ("momentum", 32), ("weight", 24)):
            fmt = getattr(circuit, f"{name}_format")
            bits = fmt.width + (not fmt.signed)
            if bits > most_bits:
                raise ValueError(
                    f"{name}_format must fit a signed number of {most_bits} bits, not {fmt}"
                )
            if most_bits == 24 and not -100 <= fmt.frac_bits <= 100:
                raise ValueError(
                    f"{name}_format must have -100 to 100 fractional bits, not {fmt.frac_bits}"
                )
        super().__init__(params, circuit, lr=lr, **options)

    def _prepare(self) -> None:
        circuit = self.circuit
        self.unit = 2.0**-circuit.weight_format.frac_bits
        self.rate_unit = 2.0**-circuit.rate_format.frac_bits
        self.gradient_unit = 2.0**-circuit.gradient_format.frac_bits
        self.momentum_type = storage_type(circuit.momentum_format).type
        self._tensor_update = circuit.tensor_update(keep=True)

    def _update_batch(self, batch: SliceBatch) -> None:
        self._tensor_update(
            batch.slices,
            batch.position,
            batch.cycles,
            np.float32,
            self.momentum_type,
            self.unit,
        )
