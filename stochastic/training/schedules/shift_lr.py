"""Learning rates that are powers of two, so that a circuit multiplies by a shift."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from torch.optim.lr_scheduler import LambdaLR

from ..optimizers.circuit_optimizer import CircuitOptimizer

__all__ = ["ShiftLR"]


class ShiftLR(LambdaLR):
    """Schedule whose learning rates are powers of two times that of the circuit's rate 1.

    In hardware the port `rate` then has a single 1, and a product with it is a shift.

    Parameters
    ----------
    optimizer : CircuitOptimizer
    factor : callable or list of callable
        Function from the number of scheduler steps to a factor of the group's initial
        learning rate, at least 0, as in `LambdaLR`. The product is rounded to the power of two
        that is nearest in ratio, at least rate 1 and at most the largest power of two on the
        port `rate`. 0 stays 0.
    last_epoch : int
        As for any scheduler.

    Raises
    ------
    TypeError
        If the optimizer's rates are not integers times a unit.

    Examples
    --------
    Half a cosine over 100 steps, in powers of two:

    >>> import math, torch
    >>> from stochastic.training import MomentumSGD, ShiftLR
    >>> optimizer = MomentumSGD([torch.nn.Parameter(torch.zeros(4))], lr=2.0**-8)
    >>> schedule = ShiftLR(optimizer, lambda step: (1 + math.cos(math.pi * step / 100)) / 2)
    >>> for step in range(100):
    ...     if step % 20 == 0:
    ...         print(step, optimizer.rate(optimizer.param_groups[0]))
    ...     optimizer.step()
    ...     schedule.step()
    0 512
    20 512
    40 256
    60 128
    80 64
    """

    optimizer: CircuitOptimizer

    def __init__(
        self,
        optimizer: CircuitOptimizer,
        factor: Callable[[int], float] | list[Callable[[int], float]],
        last_epoch: int = -1,
    ) -> None:
        if not hasattr(optimizer, "rate_unit"):
            raise TypeError(
                "ShiftLR schedules an optimizer whose rates are integers times a unit, not "
                f"{type(optimizer).__name__}"
            )
        super().__init__(optimizer, factor, last_epoch)

    def get_lr(self) -> list[Any]:
        """Return the learning rate of every group."""
        unit, limit = self.optimizer.rate_unit, self.optimizer.rate_limit
        powers = (nearest_power(float(lr) / unit) for lr in super().get_lr())
        return [min(power, 2.0 ** (limit.bit_length() - 1)) * unit for power in powers]


def nearest_power(rate: float) -> float:
    """Return the power of two nearest in ratio, at least 1; or 0 for 0."""
    if rate <= 0:
        return 0.0
    fraction, exponent = math.frexp(rate)
    # The fraction is in [1/2, 1). From sqrt(1/2) on its nearest power is 1.
    return max(2.0 ** (exponent - (fraction * fraction < 0.5)), 1.0)
