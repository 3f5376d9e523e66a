"""Learning-rate schedules by name."""

from __future__ import annotations

import math
from collections.abc import Callable

from torch.optim import Optimizer
from torch.optim.lr_scheduler import (
    ConstantLR,
    CosineAnnealingLR,
    LRScheduler,
    MultiStepLR,
)

from ..optimizers.circuit_optimizer import CircuitOptimizer
from .shift_lr import ShiftLR

__all__ = ["SCHEDULES"]


def _constant(optimizer: Optimizer, steps: int) -> LRScheduler:
    """Keep the learning rate constant."""
    return ConstantLR(optimizer, factor=1.0, total_iters=0)


def _cosine(optimizer: Optimizer, steps: int) -> LRScheduler:
    """Lower the learning rate along half a cosine to 0 at the last step."""
    return CosineAnnealingLR(optimizer, steps)


def _shift(optimizer: Optimizer, steps: int) -> LRScheduler:
    """Lower the learning rate like the cosine, in powers of two; for circuits."""
    assert isinstance(optimizer, CircuitOptimizer)
    return ShiftLR(optimizer, lambda step: (1 + math.cos(math.pi * step / steps)) / 2)


def _step(optimizer: Optimizer, steps: int) -> LRScheduler:
    """Divide the learning rate by 10 at half and at three quarters of the steps."""
    return MultiStepLR(optimizer, [steps // 2, steps * 3 // 4], gamma=0.1)


# Each takes an optimizer and the total number of steps, and is stepped after every step.
SCHEDULES: dict[str, Callable[[Optimizer, int], LRScheduler]] = {
    "constant": _constant,
    "cosine": _cosine,
    "shift": _shift,
    "step": _step,
}
