"""Stationary laws of saturating counters that independent bits move."""

from __future__ import annotations

import numpy as np

__all__ = ["mean_from_start", "stationary_law"]


def stationary_law(up, down):
    """Return the stationary law of a birth-death chain and its second eigenvalue.

    Parameters
    ----------
    up, down : float array ``[K]``
        Probability of the step up, and down, in each state. ``up[K - 1]`` and ``down[0]`` do
        not count.

    Returns
    -------
    law : float64 array ``[K]``
        By detailed balance, ``law[s + 1] / law[s] = up[s] / down[s + 1]``.
    eigenvalue : float
        The largest magnitude among the chain's eigenvalues below 1.

    Notes
    -----
    Source: D. A. Levin, Y. Peres and E. L. Wilmer, "Markov Chains and Mixing Times", 2009,
    sections 2.5 and 12.1.
    """
    up, down = np.array(up, float), np.array(down, float)
    up[-1] = down[0] = 0
    logs = np.concatenate([[0.0], np.cumsum(np.log(up[:-1]) - np.log(down[1:]))])
    law = np.exp(logs - logs.max())
    law /= law.sum()
    beside = np.sqrt(up[:-1] * down[1:])
    matrix = np.diag(1 - up - down) + np.diag(beside, 1) + np.diag(beside, -1)
    return law, float(np.abs(np.linalg.eigvalsh(matrix)[:-1]).max())


def mean_from_start(up, down, start, ones, cycles):
    """Return the exact mean of an output bit over the first cycles.

    Parameters
    ----------
    up, down : float array ``[lanes, K]``
        Probability of the step up, and down, in each state.
    start : int
        The state in cycle 0.
    ones : bool array ``[K]``
        The states in which the bit is 1.
    cycles : int

    Returns
    -------
    float64 array ``[lanes]``
    """
    up, down = np.array(up, float), np.array(down, float)
    up[:, -1] = down[:, 0] = 0
    stay = 1 - up - down
    law = np.zeros_like(up)
    law[:, start] = 1
    total = np.zeros(len(law))
    for _ in range(cycles):
        total += np.minimum(law @ ones, 1)
        moved = stay * law
        moved[:, 1:] += up[:, :-1] * law[:, :-1]
        moved[:, :-1] += down[:, 1:] * law[:, 1:]
        law = moved
    return total / cycles
