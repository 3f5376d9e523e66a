"""Expectations of state machines under independent bits."""

from __future__ import annotations

import numpy as np

from ..entry import Expectation
from .birth_death import mean_from_start, stationary_law

__all__ = ["expect_mean", "expect_plain_counter", "random_bits"]

CYCLES = 8192

SOURCE = (
    "; the bias of the start, which follows exactly from the chain's law in each cycle, and "
    "five standard deviations of the mean of a reversible chain, at most "
    "sqrt(v (1 + e) / (1 - e) / N) with e the chain's second eigenvalue and v the variance "
    "of the output bit, in the stationary law or over the run, whichever is larger"
)


def expect_mean(p, inputs, up, down, ones, expected, law):
    """Expect the mean of output y in closed form.

    Parameters
    ----------
    p : StateMachine
    inputs : dict of str to int array ``[cycles, lanes]``
        Independent bits.
    up, down : float array ``[lanes, K]``
        Probability of a step up and down in each state.
    ones : bool array ``[K]``
        The states in which y is 1.
    expected : float array ``[lanes]``
        Probability of a one.
    law : str
        The closed form, in words.
    """
    expected = np.clip(expected, 0, 1)
    eigenvalue = np.array([stationary_law(*rates)[1] for rates in zip(up, down, strict=True)])
    started = mean_from_start(up, down, p.initial, ones, CYCLES)
    variance = np.maximum(expected * (1 - expected), started * (1 - started))
    spread = np.sqrt(variance * (1 + eigenvalue) / (1 - eigenvalue) / CYCLES)
    bias = np.abs(started - expected)
    return Expectation(
        inputs=inputs,
        measure=lambda outputs: outputs["y"].mean(axis=0),
        expected=expected,
        tolerance=5 * spread + bias,
        source=law + SOURCE,
    )


def expect_plain_counter(p, lanes, rng, ones, law_of, law):
    """Expect the mean of a counter that rises on 1 and falls on 0.

    Parameters
    ----------
    ones : bool array ``[K]``
        The states in which y is 1.
    law_of : callable
        From bipolar values x to the probability of a one.
    """
    x = rng.uniform(-0.9, 0.9, lanes)
    one = (1 + x) / 2
    up = np.repeat(one[:, None], p.states, axis=1)
    inputs = {"x": random_bits(rng, one)}
    return expect_mean(p, inputs, up, 1 - up, ones, law_of(x), law)


def random_bits(rng, probabilities):
    """Return independent bits ``[CYCLES, lanes]`` with each lane's probability of a one."""
    return (rng.random((CYCLES, len(probabilities))) < probabilities).astype(np.int64)
