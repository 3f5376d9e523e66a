"""Stimulus of networks whose spins are clamped to rows of a truth table."""

from __future__ import annotations

import numpy as np

__all__ = ["clamped_rows"]

# Cycles for which the same spins are clamped to the same values.
STRETCH = 64


def clamped_rows(rows, groups, cycles, lanes, rng):
    """Return `clamp` and `clamp_value`, each ``[cycles, lanes * n]``.

    Parameters
    ----------
    rows : sequence of n values
        Rows of -1 and +1; each stretch of cycles and lane takes one.
    groups : sequence of tuple of int
        Sets of spins; each stretch clamps those of one set.
    """
    values = (np.asarray(rows) > 0).astype(np.int64)
    n = values.shape[1]
    masks = np.zeros((len(groups), n), np.int64)
    for mask, group in zip(masks, groups, strict=True):
        mask[list(group)] = 1
    stretches = -(-cycles // STRETCH)
    chosen = masks[rng.integers(0, len(masks), (stretches, lanes))]
    value = values[rng.integers(0, len(values), (stretches, lanes))]
    inputs = {"clamp": chosen, "clamp_value": value}
    return {
        name: np.repeat(array, STRETCH, axis=0)[:cycles].reshape(cycles, lanes * n)
        for name, array in inputs.items()
    }
