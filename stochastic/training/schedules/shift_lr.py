"""Learning rates that a circuit multiplies by with a shift."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from torch.optim.lr_scheduler import LambdaLR

from ..optimizers.circuit_optimizer import CircuitOptimizer

__all__ = ["ShiftLR"]


class ShiftLR(LambdaLR):
    """A schedule in which every learning rate is a power of two of the circuit's rate 1.

    In hardware the port `rate` then has a single 1, and what is multiplied by it is
    shifted.

    Parameters
    ----------
    optimizer : CircuitOptimizer
    factor : callable or list of callable
        From the number of scheduler steps made to what the group's initial learning rate is
        multiplied by, 0 or more, as for `LambdaLR`. The product goes to the nearest power
        of two in ratio, from sqrt(2) of one on to the next, but at least to rate 1 and at
        most to the largest that the port `rate` takes; 0 stays 0.
    last_epoch : int
        As for any scheduler.

    Raises
    ------
    TypeError
        If the optimizer's rates are not whole numbers of a unit.

    Examples
    --------
    Half a cosine over 100 steps, in whole shifts:

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
                "ShiftLR schedules an optimizer whose rates are whole numbers of a unit, not "
                f"{type(optimizer).__name__}"
            )
        super().__init__(optimizer, factor, last_epoch)

    def get_lr(self) -> list[Any]:
        """Return every group's learning rate, as torch asks for it."""
        unit, most = self.optimizer.rate_unit, self.optimizer.rate_limit
        powers = (nearest_power(float(lr) / unit) for lr in super().get_lr())
        return [min(power, 2.0 ** (most.bit_length() - 1)) * unit for power in powers]


def nearest_power(rate: float) -> float:
    """Return the power of two nearest in ratio, at least 1; or 0 for 0."""
    if rate <= 0:
        return 0.0
    fraction, exponent = math.frexp(rate)
    # The fraction is in [1/2, 1): from sqrt(1/2) on its nearest power is 1.
    return max(2.0 ** (exponent - (fraction * fraction < 0.5)), 1.0)
