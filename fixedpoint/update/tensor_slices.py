"""Slices of tensors in a form that one call of a compiled loop can process.

A network has dozens of tensors, most of them small. Passing each one to a kernel as arrays
would take longer than updating it.
"""

from __future__ import annotations

import numpy as np

from ..kernels.compiled import deferred

__all__ = ["TENSOR_SLICE", "array_at"]

(array_at,) = deferred("fixedpoint.kernels.memory_views", "array_at")

# A slice consists of whole groups of lanes; only the last group of a tensor may be short.
TENSOR_SLICE = np.dtype(
    [
        # Addresses of the gradients (float32), weights (float32) and momenta, contiguous.
        ("gradient", np.uint64),
        ("weight", np.uint64),
        ("momentum", np.uint64),
        # Number of elements.
        ("size", np.int64),
        # Index of the first element among all elements of the optimizer step.
        ("begin", np.int64),
        # Cycle since reset of the first group.
        ("position", np.int64),
        # Value of the port `rate`.
        ("rate", np.int64),
        # Scale from gradients to codes.
        ("factor", np.float32),
    ],
    align=True,
)
