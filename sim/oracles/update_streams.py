"""Expected values of the streaming units of momentum SGD."""

from __future__ import annotations

import numpy as np

from stochastic import MomentumSgdLanes

__all__ = ["CONSERVATION", "largest_safe_rate", "sum_of_samples"]

CONSERVATION = (
    "summed over groups, rate * (C_T - C_0) / increment + W_T - W_0 = rate * sum G, exact "
    "while neither saturates; over each period of the gradient generator the sum of G is the "
    "code, or 1 less if the word 0 is missing"
)


def sum_of_samples(p: MomentumSgdLanes, code):
    """Return the sum of G over one period of the gradient generator."""
    missing = (1 << p.gradient_generator.width) - p.gradient_generator.period
    return np.sign(code) * np.maximum(np.abs(code) - missing, 0)


def largest_safe_rate(p: MomentumSgdLanes, cycles: int) -> int:
    """Return the largest rate at which no weight saturates within `cycles` cycles from 0."""
    return min((1 << p.rate_bits) - 1, p.weight_range[1] // cycles)
