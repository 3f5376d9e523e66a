"""Stationary laws of saturating counters that independent integers move."""

from __future__ import annotations

import numpy as np

from ..entry import Expectation

__all__ = ["CYCLES", "binomial_integers", "expect_threshold", "integer_law", "mean_output"]

CYCLES = 4096


def integer_law(range_, encoding, probability):
    """Return the law of the sum of m independent bits as integers and probabilities.

    Returns
    -------
    integers : int array ``[m + 1]``
        0..m, or -m..m in steps of 2.
    law : float64 array ``[m + 1]``
        Binomial.
    """
    law = np.array([1.0])
    for _ in range(range_):
        law = np.convolve(law, [1 - probability, probability])
    count = np.arange(range_ + 1)
    return (count if encoding == "unipolar" else 2 * count - range_), law


def binomial_integers(rng, cycles, range_, encoding, probabilities):
    """Return independent integers of an integral stream, int64 ``[cycles, lanes]``."""
    count = rng.binomial(range_, probabilities, (cycles, len(probabilities)))
    return (count if encoding == "unipolar" else 2 * count - range_).astype(np.int64)


def expect_threshold(p, rng, lanes, ones, law):
    """Expect the mean of output y of a counter that binomial integers move.

    Parameters
    ----------
    p : IntegralStateMachine
    ones : bool array ``[K]``
        The states in which y is 1.
    law : str
        The law in words.
    """
    low, high = (0.01, 0.2) if p.encoding == "unipolar" else (0.4, 0.6)
    probabilities = rng.uniform(low, high, lanes)
    expected, tolerance = [], []
    for probability in probabilities:
        law_of_integers = integer_law(p.range, p.encoding, probability)
        mean, deviation = mean_output(*law_of_integers, ones, p.initial)
        expected.append(mean)
        tolerance.append(5 * deviation)
    return Expectation(
        inputs={"value": binomial_integers(rng, CYCLES, p.range, p.encoding, probabilities)},
        measure=lambda outputs: outputs["y"].mean(axis=0),
        expected=np.array(expected),
        tolerance=np.array(tolerance),
        source=(
            f"{law}; mean and variance over the run from the start follow exactly from the "
            "chain's transition matrix; five standard deviations, and 1e-9 for rounding"
        ),
    )


def mean_output(integers, law, ones, initial):
    """Return mean and standard deviation of the mean of CYCLES outputs of a counter.

    Parameters
    ----------
    integers : int array ``[n]``
        The integers that can move the counter.
    law : float64 array ``[n]``
        Their probabilities.
    ones : bool array ``[K]``
        The states in which the output is 1.
    initial : int
        The first state.
    """
    matrix = _transitions(len(ones), integers, law)
    return _mean_and_deviation(matrix, ones.astype(float), initial)


def _transitions(states, integers, law):
    matrix = np.zeros((states, states))
    start = np.arange(states)
    for integer, probability in zip(integers, law, strict=True):
        matrix[start, np.clip(start + integer, 0, states - 1)] += probability
    return matrix


def _mean_and_deviation(matrix, ones, start):
    """Return mean and standard deviation of the mean of the output over the run, exactly.

    For each state the recursion carries the probability of being there, and on that event the
    expectations of the sum of outputs so far and of its square.
    """
    law, total, square = np.zeros((3, len(matrix)))
    law[start] = 1
    for _ in range(CYCLES):
        square = (square + ones * (2 * total + law)) @ matrix
        total = (total + ones * law) @ matrix
        law = law @ matrix
    mean = total.sum() / CYCLES
    variance = square.sum() / CYCLES**2 - mean**2
    return mean, np.sqrt(max(variance, 0.0)) + 1e-9
