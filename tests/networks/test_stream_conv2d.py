"""The convolution for training: its moments, its law, and its conversion."""

import itertools

import numpy as np
import pytest
import torch
from torch import nn

from stochastic.networks import (
    ConvolutionalStreamNetwork,
    StreamConv2d,
    StreamLinear,
    convert,
)
from stochastic.networks.stream_conv2d import window_moments
from stochastic.networks.transfer_law import sum_moments


def test_moments_of_a_window_without_pooling_are_those_of_a_layer():
    rng = torch.Generator().manual_seed(1)
    x = torch.rand(2, 3, 2, 2, generator=rng)
    weight = torch.rand(4, 3, 2, 2, generator=rng) * 4 - 2
    bias = torch.rand(4, generator=rng)
    mean, variance = window_moments(x, weight, bias, 2, 1, 0)
    expected = sum_moments(x.flatten(1), weight.flatten(1), bias, 2)
    torch.testing.assert_close(mean[:, :, 0, 0], expected[0])
    torch.testing.assert_close(variance[:, :, 0, 0], expected[1])


def test_moments_of_pooled_bits_by_enumeration():
    p, w, bias = (0.2, 0.5, 0.9, 0.4), 0.6, -0.3
    x = torch.tensor(p).reshape(1, 1, 2, 2)
    mean, variance = window_moments(
        x, torch.full((1, 1, 1, 1), w), torch.tensor([bias]), 1, 2, 0
    )
    first = second = 0.0
    for bits in itertools.product((0, 1), repeat=4):
        chance = np.prod([q if b else 1 - q for q, b in zip(p, bits, strict=True)])
        for u, v in itertools.product((-1, 1), repeat=2):
            weight_chance = chance * (1 + u * w) / 2 * (1 + v * bias) / 2
            total = sum(bits) * u + v
            first += weight_chance * total
            second += weight_chance * total**2
    assert mean.item() == pytest.approx(first, abs=1e-6)
    assert variance.item() == pytest.approx(second - first**2, abs=1e-5)


def small_model(length=4096):
    torch.manual_seed(2)
    options = {"range": 2, "length": length}
    return nn.Sequential(
        StreamConv2d(1, 3, 3, padding=1, states=20, **options),
        nn.Dropout(),
        StreamConv2d(3, 4, 2, pool=2, states=30, **options),
        nn.Flatten(),
        StreamLinear(16, 3, **options),
    ).eval()


@pytest.mark.slow
def test_streams_follow_the_law():
    images = np.random.default_rng(1).integers(0, 256, (60, 6, 6), dtype=np.uint8)
    model = small_model()
    network = convert(model, length=4096, range=2, images=images[:1])
    assert isinstance(network, ConvolutionalStreamNetwork)
    with torch.no_grad():
        law = model(torch.from_numpy(images / 255).float()[:, None]).numpy()
    found = network.run(images) / 4096
    assert np.corrcoef(found.ravel(), law.ravel())[0, 1] > 0.98
    # The pooled law without the bits' variance, or another order of weights, is no match.
    with torch.no_grad():
        model[4].weight[:] = model[4].weight.flip(1)
        wrong = model(torch.from_numpy(images / 255).float()[:, None]).numpy()
    assert np.corrcoef(found.ravel(), wrong.ravel())[0, 1] < 0.9


def test_noise_only_while_training():
    model, x = small_model(16), torch.rand(2, 1, 6, 6)
    with torch.no_grad():
        assert (model(x) == model(x)).all()
        model.train()
        assert (model[0](x) != model[0](x)).any()


def test_bad_input():
    images = np.zeros((1, 6, 6), np.uint8)
    with pytest.raises(ValueError, match="^layer 0 was made for range 2, not 4$"):
        convert(small_model(), length=16, range=4, images=images)
    message = "convert needs images, for the size of a convolution's inputs"
    with pytest.raises(ValueError, match=f"^{message}$"):
        convert(small_model(), length=16, range=2)
    message = (
        "a convolutional network of neurons has layers StreamConv2d, StreamLinear, Flatten, "
        "Identity and Dropout, not ReLU at 1"
    )
    model = nn.Sequential(small_model()[0], nn.ReLU())
    with pytest.raises(ValueError, match=f"^{message}$"):
        convert(model, length=16, range=2, images=images)
    with pytest.raises(ValueError, match="^layer 4 takes 16 inputs, not 36$"):
        convert(small_model(), length=16, range=2, images=np.zeros((1, 8, 8), np.uint8))
    with pytest.raises(ValueError, match="^StreamConv2d states must be even, not 5$"):
        StreamConv2d(1, 1, 3, range=1, states=5)
