"""Stimuli of the units that update whole networks."""

from __future__ import annotations

import numpy as np

from stochastic import MomentumSgdLanes

TEXT = (
    "summed over groups, rate * (C_T - C_0) / increment + W_T - W_0 = rate * sum G, exact "
    "while neither saturates; over whole periods of the gradient generator the sum of G is "
    "the code a period, less 1 where the word 0 is missing"
)


def gradient_samples(p: MomentumSgdLanes, code):
    """Return the sum of G over a period of the gradient generator."""
    missing = (1 << p.gradient_generator.width) - p.gradient_generator.period
    return np.sign(code) * np.maximum(np.abs(code) - missing, 0)


def random_rate(p: MomentumSgdLanes, steps: int) -> int:
    """Return a rate at which no weight that begins at 0 saturates in so many cycles."""
    return min((1 << p.rate_bits) - 1, p.weight_range[1] // steps)
