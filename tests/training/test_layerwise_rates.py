"""Learning rates after the size of the weights."""

import math

import pytest

torch = pytest.importorskip("torch")

from stochastic.training import MomentumSGD, layerwise_groups, vgg16


def rates(*tensors, lr=0.01):
    named = [(f"tensor {i}", tensor) for i, tensor in enumerate(tensors)]
    groups = layerwise_groups(named, lr)
    assert [group["params"] for group in groups] == [[one] for one in named]
    return [group["lr"] for group in groups]


def test_the_rate_follows_the_root_mean_square_in_powers_of_two():
    # 0.1 * sqrt(2) lies between two powers in ratio: a little less or more decides.
    below, above = 0.1 * math.sqrt(2) * 0.999, 0.1 * math.sqrt(2) * 1.001
    matrices = [torch.full((2, 3), size) for size in (0.1, 0.2, 0.025, below, -above)]
    assert rates(*matrices) == [0.01, 0.02, 0.0025, 0.01, 0.02]
    assert rates(torch.tensor([[0.5, 0.0], [0.0, 0.0]])) == [0.01 * 2]  # rms 1/4


def test_vectors_and_zeros_keep_the_rate():
    assert rates(torch.full((8,), 5.0), torch.zeros(2, 2), torch.tensor(3.0)) == [0.01] * 3


def test_the_circuit_gets_rates_that_differ_by_shifts():
    torch.manual_seed(1)
    groups = layerwise_groups(vgg16(width=1 / 8).named_parameters(), lr=2.0**-7)
    optimizer = MomentumSGD(groups)
    found = {optimizer.rate(group) for group in optimizer.param_groups}
    assert len(found) > 1
    assert all(rate.bit_count() == 1 for rate in found)
