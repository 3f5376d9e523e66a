"""Neuron on integral streams."""

import itertools

import numpy as np
import pytest

from stochastic import IntegralNeuron


def test_every_input_moves_the_counter():
    # One cycle from the middle of a counter that is too wide to saturate.
    weights = range(-2, 3)
    neuron = IntegralNeuron(fan_in=2, range=2, states=64)
    for a, b, first, second, bias in itertools.product(
        (0, 1), (0, 1), weights, weights, (-2, 1)
    ):
        streams = {"inputs": [[a, b]], "weights": [[first, second]], "bias": [bias]}
        _, state = neuron.run(streams)
        moved = 32 + a * first + b * second + bias
        assert state.registers["state"].tolist() == [moved]


def test_law_of_a_wide_neuron():
    # The diffusion limit with the correction for large steps, stochastic.md 2.4: the mean
    # output is 1 / (1 + exp(-K_e s / v)) with K_e = K - 1 + 1.166 sqrt(v).
    rng = np.random.default_rng(3)
    k, m, states, cycles, lanes = 60, 4, 50, 20_000, 8
    p = rng.uniform(0.2, 0.8, k)
    w = np.array([rng.uniform(-1, 1, k) for _ in range(lanes)])
    ones = rng.binomial(m, ((w / m + 1) / 2).reshape(-1), (cycles, lanes * k))
    bits = np.tile(rng.random((cycles, k)) < p, (1, lanes)).astype(np.int64)
    streams = {"inputs": bits, "weights": 2 * ones - m, "bias": np.zeros((cycles, lanes), int)}
    outputs, _ = IntegralNeuron(fan_in=k, range=m, states=states).run(streams)
    s = w @ p
    v = (p * (m + (1 - 1 / m) * w**2) - (p * w) ** 2).sum(axis=1)
    expected = 1 / (1 + np.exp(-(states - 1 + 1.166 * np.sqrt(v)) * s / v))
    # Neighbouring bits depend on each other over about K^2 / v = 20 cycles.
    np.testing.assert_allclose(outputs["y"].mean(axis=0), expected, atol=0.04)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"fan_in": 0}, "IntegralNeuron fan_in of range 4 must be between 1 and 16383, not 0"),
        ({"range": 0}, "IntegralNeuron range must be between 1 and 65536, not 0"),
        ({"states": 7}, "NStanh states must be even, not 7"),
        ({"rule": "<"}, "NStanh rule must be one of >=, >, not '<'"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        IntegralNeuron(**{"fan_in": 3, "range": 4, "states": 8, **options})
