"""Probabilities of the streams that drive integrators to both ends."""

from __future__ import annotations

import numpy as np

__all__ = ["piecewise_probabilities"]


def piecewise_probabilities(parameters, cycles, lanes, rng):
    """Return probabilities ``[cycles, lanes]``, constant long enough to reach both ends.

    The ends of counters of more than 8 bits are not reached.
    """
    length = 4 << min(parameters.width, 8)
    values = rng.choice([0, 0.1, 0.5, 0.9, 1], (-(-cycles // length), lanes))
    return np.repeat(values, length, axis=0)[:cycles]
