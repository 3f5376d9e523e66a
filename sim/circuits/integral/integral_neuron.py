"""Catalogue entry of `integral_neuron`."""

from __future__ import annotations

import numpy as np

from stochastic import IntegralNeuron

from ...entry import Entry, Expectation
from ...oracles.jump_chain import CYCLES, binomial_integers, integer_law, mean_output

__all__ = ["ENTRY"]


def mean(p, cycles, lanes, rng):
    """Expect the upper half of the stationary law for independent streams.

    The law of the sum is the convolution of the laws of its terms: a weight that a bit gates
    is 0 with the probability that the bit is 0.
    """
    k, m = p.fan_in, p.range
    bits = rng.uniform(0.1, 0.9, (lanes, k))
    ones = rng.uniform(0.4, 0.6, (lanes, k + 1))
    states = np.arange(p.states)
    upper = states >= p.states / 2 if p.rule == ">=" else states > p.states / 2
    expected, tolerance = [], []
    for lane in range(lanes):
        law = np.ones(1)
        for i in range(k + 1):
            term = np.zeros(2 * m + 1)
            term[::2] = integer_law(m, "bipolar", ones[lane, i])[1]
            if i < k:
                term *= bits[lane, i]
                term[m] += 1 - bits[lane, i]
            law = np.convolve(law, term)
        most = (k + 1) * m
        value, deviation = mean_output(np.arange(-most, most + 1), law, upper, p.initial)
        expected.append(value)
        tolerance.append(5 * deviation)
    weights = binomial_integers(rng, CYCLES, m, "bipolar", ones[:, :k].reshape(-1))
    return Expectation(
        inputs={
            "inputs": (rng.random((CYCLES, lanes * k)) < bits.reshape(-1)).astype(np.int64),
            "weights": weights,
            "bias": binomial_integers(rng, CYCLES, m, "bipolar", ones[:, k]),
        },
        measure=lambda outputs: outputs["y"].mean(axis=0),
        expected=np.array(expected),
        tolerance=np.array(tolerance),
        source=(
            "the upper half of the counter's law for the convolved law of the sum; five "
            "standard deviations of the chain's mean, and 1e-9 for rounding"
        ),
    )


ENTRY = Entry(
    name="integral_neuron",
    default=IntegralNeuron(fan_in=8, range=4, states=32),
    edges=(
        IntegralNeuron(fan_in=1, range=1, states=2),
        IntegralNeuron(fan_in=1, range=3, states=6, initial=0),
        IntegralNeuron(fan_in=2, range=8, states=16, rule=">"),
        IntegralNeuron(fan_in=7, range=2, states=50, initial=49),
    ),
    planted=IntegralNeuron(fan_in=3, range=2, states=10),
    oracle=mean,
)
