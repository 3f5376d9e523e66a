"""Exact laws of an accumulator that independent streams fill and that pays for its ones."""

from __future__ import annotations

import numpy as np

__all__ = ["number_of_ones_law", "saturating_carries"]


def number_of_ones_law(probabilities):
    """Return the law of the number of ones among independent bits, ``[K + 1]``."""
    law = np.ones(1)
    for p in probabilities:
        law = np.convolve(law, [1 - p, p])
    return law


def saturating_carries(law, gain, offset, cost, limits, cycles):
    """Return the mean and the standard deviation of the number of ones that are emitted.

    Parameters
    ----------
    law : float array ``[K + 1]``
        Of the number of ones that come in during a cycle.
    gain, offset, cost : int
        What a one adds, what each cycle subtracts, and what an emitted one costs.
    limits : tuple of int
        Least and largest value of the accumulator.
    cycles : int

    Notes
    -----
    Forward recursion of the chain's law, and of the first two moments of the number of ones
    in each state.
    """
    low, high = limits
    states = np.arange(low, high + 1)
    size = len(states)
    none, one = np.zeros((2, size, size))
    for count, chance in enumerate(law):
        reached = np.minimum(states + gain * count - offset, high)
        emits = reached >= cost
        after = np.maximum(reached - cost * emits, low) - low
        np.add.at(one, (np.arange(size)[emits], after[emits]), chance)
        np.add.at(none, (np.arange(size)[~emits], after[~emits]), chance)
    both = none + one
    now, first, second = np.zeros((3, size))
    now[-low] = 1
    for _ in range(cycles):
        second = second @ both + 2 * first @ one + now @ one
        first = first @ both + now @ one
        now = now @ both
    mean = first.sum()
    return mean, np.sqrt(max(second.sum() - mean**2, 0))
