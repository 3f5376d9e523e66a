"""Pieces of tensors as compiled loops take them, many in one call.

A network has dozens of tensors and most are small: to hand each of them to a kernel as
arrays would take longer than to update it.
"""

from __future__ import annotations

import numpy as np

from ..kernels.compiled import deferred

__all__ = ["PIECE", "numbers_at"]

(numbers_at,) = deferred("fixedpoint.kernels.memory_views", "numbers_at")

# Some whole groups of a tensor's elements in a step:
PIECE = np.dtype(
    [
        # where their gradients and weights (float32) and their momenta lie, each contiguous;
        ("gradient", np.uint64),
        ("weight", np.uint64),
        ("momentum", np.uint64),
        # how many they are;
        ("size", np.int64),
        # where they begin among all elements of the step;
        ("begin", np.int64),
        # the cycle since reset of their first group;
        ("position", np.int64),
        # the port `rate`;
        ("rate", np.int64),
        # what makes codes of gradients.
        ("factor", np.float32),
    ],
    align=True,
)
