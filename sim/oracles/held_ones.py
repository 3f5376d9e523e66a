"""Expectations of saturating counters whose output bits depend on the inputs too."""

from __future__ import annotations

import numpy as np

from ..entry import Expectation
from .birth_death import mean_from_start, stationary_law

__all__ = ["CYCLES", "expect_pair_means", "pair_of_streams"]

CYCLES = 8192

SOURCE = (
    "; the bias of the start, which follows exactly from the counter's law in each cycle, and "
    "five standard deviations of the mean: sqrt(v (1 + e) / (1 - e) / N) of the part that "
    "follows the reversible chain, with e its second eigenvalue and v the variance of the "
    "bit's probability, and sqrt(1 / (4 N)) of the part that is independent in each cycle"
)


def pair_of_streams(rng, lanes):
    """Return means p and q, and independent streams ``a`` and ``b`` of these means."""
    p, q = rng.uniform(0.05, 0.95, (2, lanes))
    bits = rng.random((2, CYCLES, lanes)) < np.stack([p, q])[:, None]
    return p, q, {"a": bits[0].astype(np.int64), "b": bits[1].astype(np.int64)}


def expect_pair_means(inputs, up, down, start, probabilities, measure, law):
    """Expect the means of bits whose probability is a function of a counter's state.

    Parameters
    ----------
    inputs : dict of str to int array ``[CYCLES, lanes]``
    up, down : float array ``[lanes, K]``
        Probability of a step up and down in each state.
    start : int
        The state after reset.
    probabilities : list of float array ``[lanes, K]``
        For each bit, its probability of a one in each state.
    measure : list of callable
        For each bit, from the outputs to its values ``[CYCLES, lanes]``.
    law : str
        The closed form, in words.
    """
    expected, tolerance = [], []
    chains = [stationary_law(*rates) for rates in zip(up, down, strict=True)]
    eigenvalue = np.array([chain[1] for chain in chains])
    laws = np.stack([chain[0] for chain in chains])
    for table in probabilities:
        mean = (laws * table).sum(axis=1)
        variance = np.maximum((laws * (table - mean[:, None]) ** 2).sum(axis=1), 0)
        started = np.array(
            [
                mean_from_start(up[i : i + 1], down[i : i + 1], start, table[i], CYCLES)[0]
                for i in range(len(up))
            ]
        )
        follows = np.sqrt(variance * (1 + eigenvalue) / (1 - eigenvalue) / CYCLES)
        expected.append(mean)
        tolerance.append(5 * (follows + np.sqrt(0.25 / CYCLES)) + np.abs(started - mean))
    return Expectation(
        inputs=inputs,
        measure=lambda outputs: np.stack([f(outputs).mean(axis=0) for f in measure]),
        expected=np.stack(expected),
        tolerance=np.stack(tolerance),
        source=law + SOURCE,
    )
