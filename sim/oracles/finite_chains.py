"""Exact moments of the ones of small state machines under independent bits."""

from __future__ import annotations

import itertools

import numpy as np

from ..entry import Expectation
from .independent_bits import random_streams

__all__ = ["CYCLES", "expect_chain", "moments_of_ones"]

CYCLES = 2048


def moments_of_ones(advance, states, start, probabilities, words):
    """Return the mean and the standard deviation of the number of ones of an output.

    Parameters
    ----------
    advance : callable
        ``advance(state, word, *bits) -> (after, one)``: from all states, an int64 array, the
        word of a cycle and a bit of each input to the next states and the output bits.
    states : int
        Number of states.
    start : int
        The state in cycle 0.
    probabilities : float array ``[inputs, lanes]``
        Of a one in each input. Inputs and cycles are independent.
    words : int array ``[cycles]``
        The word of each cycle.

    Returns
    -------
    mean, deviation : float64 array ``[lanes]``

    Notes
    -----
    Forward recursion of the chain's law, and of the first two moments of the number of ones
    in each state.
    """
    inputs, lanes = probabilities.shape
    every = np.arange(states)
    symbols = list(itertools.product((0, 1), repeat=inputs))
    chances = [
        np.prod([p if bit else 1 - p for bit, p in zip(s, probabilities, strict=True)], axis=0)
        for s in symbols
    ]
    tables = {
        word: [advance(every, word, *bits) for bits in symbols]
        for word in set(np.asarray(words).tolist())
    }
    shift = (np.arange(lanes) * states)[:, None]
    now, first, second = np.zeros((3, lanes, states))
    now[:, start] = 1
    for word in np.asarray(words).tolist():
        parts = np.zeros((3, lanes * states))
        for chance, (after, one) in zip(chances, tables[word], strict=True):
            place = (after + shift).reshape(-1)
            raised = first + one * now
            squared = second + one * (2 * first + now)
            for i, values in enumerate((now, raised, squared)):
                weights = (values * chance[:, None]).reshape(-1)
                parts[i] += np.bincount(place, weights, lanes * states)
        now, first, second = parts.reshape(3, lanes, states)
    mean = first.sum(axis=1)
    return mean, np.sqrt(np.maximum(second.sum(axis=1) - mean**2, 0))


def expect_chain(parameters, advance, states, start, probabilities, port, law, rng, limit=None):
    """Expect the number of ones of a small state machine under independent bits.

    Parameters
    ----------
    parameters : StreamCircuit
        Of whose generators there is at most one.
    advance, states, start
        As for `moments_of_ones`.
    probabilities : dict of str to float array ``[lanes]``
        Of a one in each input.
    port : str
        The output.
    law : str
        The chain, and the limit in words.
    rng : numpy.random.Generator
        Of the bits.
    limit : float array ``[lanes]``, optional
        Mean in the long run in closed form, from which the exact mean of the run differs by a
        transient and by the correlation of the generator's words.
    """
    generators = parameters.generators
    words = generators[0].words(CYCLES) if generators else np.zeros(CYCLES, int)
    chances = np.stack(list(probabilities.values()))
    mean, deviation = moments_of_ones(advance, states, start, chances, words)
    expected, tolerance = [mean], [5 * deviation + 1e-6 * CYCLES]
    if limit is not None:
        expected.append(limit * CYCLES)
        tolerance.append(np.abs(limit * CYCLES - mean) + tolerance[0])
    return Expectation(
        inputs={name: random_streams(rng, CYCLES, p) for name, p in probabilities.items()},
        measure=lambda outputs: np.stack([outputs[port].sum(axis=0)] * len(expected)),
        expected=np.stack(expected),
        tolerance=np.stack(tolerance),
        source=(
            f"{law}; the mean of the run by the exact law of the chain in each cycle, and five "
            "standard deviations of the number of ones, exact too"
        ),
    )
