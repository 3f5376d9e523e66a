"""Hyperparameters of the optimizers in the numbers that circuits take."""

from __future__ import annotations

import math
from typing import Any

from fixedpoint.circuit.checks import shown

__all__ = ["decay_shift", "learning_rate", "weight_decay_exponent"]


def learning_rate(group: dict[str, Any]) -> float:
    """Return the learning rate of a parameter group.

    Raises
    ------
    TypeError
        If it is not a number.
    """
    try:
        return float(group["lr"])
    except (TypeError, ValueError, OverflowError):
        raise TypeError(f"lr must be a number, not {group['lr']!r}") from None


def decay_shift(momentum: float) -> int:
    """Return the n of ``momentum = 1 - 2**-n``.

    Raises
    ------
    ValueError
        If there is no such n from 0 to 16.
    """
    for shift in range(17):
        if momentum == 1 - 2.0**-shift:
            return shift
    raise ValueError(
        f"momentum must be 1 - 2**-n with an integer n from 0 to 16, not {shown(momentum)}"
    )


def weight_decay_exponent(weight_decay: float, low: int, high: int) -> int:
    """Return log2 of a weight decay.

    Raises
    ------
    ValueError
        If the weight decay is not a power of two from 2^low to 2^high.
    """
    fraction, exponent = math.frexp(weight_decay)
    if fraction != 0.5 or not low <= exponent - 1 <= high:
        raise ValueError(
            f"weight_decay must be 0 or a power of two between {2.0**low} and {2.0**high}, "
            f"not {weight_decay}"
        )
    return exponent - 1
