"""Moments of a neuron's sum, and the law of its output."""

import itertools
import math

import numpy as np
import pytest
import torch

from stochastic import IntegralNeuron
from stochastic.networks.transfer_law import output_noise, sum_moments, transfer

pytestmark = pytest.mark.slow


def enumerated(inputs, weights, bias, range_):
    """Return mean and variance of the sum from the law of all bits."""
    integers, law = {0: 1.0}, None
    terms = [*zip(inputs, weights, strict=True), (1.0, bias)]
    for p, w in terms:
        ones = (w / range_ + 1) / 2
        law = {0: 1 - p}
        for k in range(range_ + 1):
            chance = math.comb(range_, k) * ones**k * (1 - ones) ** (range_ - k)
            law[2 * k - range_] = law.get(2 * k - range_, 0) + p * chance
        added = {}
        for (a, x), (b, y) in itertools.product(integers.items(), law.items()):
            added[a + b] = added.get(a + b, 0) + x * y
        integers = added
    mean = sum(k * x for k, x in integers.items())
    return mean, sum((k - mean) ** 2 * x for k, x in integers.items())


@pytest.mark.parametrize("range_", [1, 2, 4])
def test_moments_are_those_of_the_enumeration(range_):
    inputs, weights, bias = [0.25, 0.9, 1.0], [0.5 * range_, -range_, 0.3], -0.4
    mean, variance = sum_moments(
        torch.tensor([inputs]), torch.tensor([weights]), torch.tensor([bias]), range_
    )
    expected = enumerated(inputs, weights, bias, range_)
    assert mean.item() == pytest.approx(expected[0], abs=1e-5)
    assert variance.item() == pytest.approx(expected[1], abs=1e-5)


def test_law_and_noise_against_simulated_neurons():
    rng = np.random.default_rng(5)
    k, m, states, length, lanes = 40, 2, 30, 128, 3000
    p = rng.uniform(0.2, 0.8, k)
    w = rng.uniform(-1.5, 1.5, k)
    w -= w @ p / p.sum() - 0.05
    ones = rng.binomial(m, np.tile((w / m + 1) / 2, lanes), (length + 1, lanes * k))
    bits = (rng.random((length + 1, lanes * k)) < np.tile(p, lanes)).astype(np.int64)
    bias = 2 * rng.binomial(m, 0.5, (length + 1, lanes)) - m
    neuron = IntegralNeuron(fan_in=k, range=m, states=states)
    streams = {"inputs": bits, "weights": 2 * ones - m, "bias": bias}
    means = neuron.run(streams)[0]["y"][1:].mean(axis=0)
    mean, variance = sum_moments(
        torch.tensor(p)[None], torch.tensor(w)[None], torch.zeros(1).double(), m
    )
    law, z = transfer(mean, variance, states, length)
    noise = output_noise(law, z, variance, states, length)
    # The law is a fit. All sums are even here, which shifts the mean by less than 2 / K.
    assert means.mean() == pytest.approx(law.item(), abs=0.03)
    assert means.std() == pytest.approx(noise.item(), rel=0.15)


def test_the_law_is_odd():
    mean, variance = torch.tensor([-3.0, 0.0, 3.0]), torch.tensor([20.0] * 3)
    bit, z = transfer(mean, variance, 50, 256)
    assert z[1] == 0
    assert bit[0] + bit[2] == pytest.approx(1, abs=1e-6)
