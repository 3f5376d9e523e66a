"""Conversion of PyTorch networks."""

import re

import numpy as np
import pytest
import torch
from torch import nn

from stochastic.networks import StreamLinear, convert


@pytest.fixture
def images():
    return np.random.default_rng(1).integers(0, 256, (400, 5, 5), dtype=np.uint8)


def sums_of(model, images):
    """Return the float network's outputs."""
    with torch.no_grad():
        return model(torch.from_numpy(images / 255).float()).double().numpy()


@pytest.mark.parametrize("activation", [nn.Sigmoid, nn.Tanh])
def test_streams_approach_the_float_network(images, activation):
    torch.manual_seed(3)
    model = nn.Sequential(
        nn.Flatten(), nn.Linear(25, 30), activation(), nn.Dropout(), nn.Linear(30, 6)
    ).eval()
    with torch.no_grad():
        model[1].weight *= 3
    network = convert(model, length=4096, range=2, width=12, images=images)
    found, expected = network.run(images).astype(float), sums_of(model, images)
    # The last layer is scaled as a whole.
    correlation = np.corrcoef(found.ravel(), expected.ravel())[0, 1]
    assert correlation > 0.98
    # A network of other weights is another function.
    torch.manual_seed(4)
    other = nn.Sequential(nn.Flatten(), nn.Linear(25, 30), activation(), nn.Linear(30, 6))
    other = sums_of(other, images)
    assert np.corrcoef(found.ravel(), other.ravel())[0, 1] < 0.9


def test_stream_layers_keep_weights_and_states(images):
    model = nn.Sequential(
        nn.Flatten(), StreamLinear(25, 8, range=4, states=20), StreamLinear(8, 3, range=4)
    )
    network = convert(model, length=64, range=4, seed=5)
    first, last = network.layers
    assert (first.states, last.states) == (20, None)
    assert (first.seed, last.seed) == (5, 6)
    values = model[1].weight.detach().double().numpy().T
    np.testing.assert_array_equal(
        first.codes[:-1], np.rint((values / 4 + 1) / 2 * 8192).astype(int)
    )
    assert network.classify(images).shape == (400,)


def test_a_layer_in_several_places_is_a_layer_for_each(images):
    twice, squash = StreamLinear(4, 4, range=1, states=20), nn.Sigmoid()
    first, last = StreamLinear(25, 4, range=1, states=20), StreamLinear(4, 2, range=1)
    inner = nn.Sequential(twice, twice)
    network = convert(nn.Sequential(nn.Flatten(), first, inner, last), length=16)
    assert len(network.layers) == 4
    assert np.array_equal(network.layers[1].codes, network.layers[2].codes)
    floats = [nn.Linear(25, 4), squash, nn.Linear(4, 4), squash, nn.Linear(4, 2)]
    network = convert(nn.Sequential(nn.Flatten(), *floats), length=16, images=images)
    assert len(network.layers) == 3


@pytest.mark.parametrize(
    "options",
    [
        {"generator": "sobol"},
        {"encoding": "bipolar"},
        {"multiplier": "conditional"},
        {"sets": 2},
        {"bias_correction": True},
    ],
)
def test_what_only_counted_networks_take(options):
    (name,) = options
    model = nn.Sequential(StreamLinear(4, 2, range=4))
    message = f"{name} is for counted networks, not for one of neurons"
    with pytest.raises(ValueError, match=f"^{message}$"):
        convert(model, length=16, range=4, **options)


class Mine(nn.Module):
    """A layer that no circuit has."""


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        (
            [nn.Linear(4, 2), nn.Tanh(), Mine()],
            "a network on streams has layers Flatten, .* and Tanh, not Mine at 2",
        ),
        (
            [nn.Conv2d(1, 2, 3), nn.Tanh()],
            "a network on streams has layers .*, not Conv2d at 0",
        ),
        (
            [nn.Sequential(nn.ReLU(), nn.Tanh())],
            "a network on streams has layers .*, not ReLU at 0.0",
        ),
        ([nn.Linear(4, 4), nn.Linear(4, 2), nn.Tanh()], "layer 0 needs an activation before 1"),
        ([nn.Sigmoid()], "Sigmoid at 0 must follow a Linear"),
        ([nn.Linear(4, 2), nn.Tanh()], "nothing may follow the sums of the last layer 0"),
        ([StreamLinear(4, 2, range=2)], "layer 0 was made for range 2, not 4"),
        (
            [nn.Linear(4, 4), nn.Sigmoid(), nn.Linear(4, 2)],
            "convert needs images for layers with Sigmoid or Tanh",
        ),
    ],
)
def test_refused_networks(layers, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        convert(nn.Sequential(*layers), length=16, range=4)


def test_images_of_another_size(images):
    model = nn.Sequential(nn.Flatten(), nn.Linear(16, 4), nn.Sigmoid(), nn.Linear(4, 2))
    with pytest.raises(ValueError, match="^images must have 16 pixels, not 25$"):
        convert(model, length=16, images=images)


def test_bad_input():
    model = nn.Sequential(StreamLinear(4, 2, range=4))
    with pytest.raises(ValueError, match="^convert length must be between 1 and 65536, not 0$"):
        convert(model, length=0, range=4)
    with pytest.raises(ValueError, match="^convert range must be between 1 and 64, not 0$"):
        convert(model, length=16, range=0)
    with pytest.raises(TypeError, match="^convert takes a torch.nn.Sequential, not Sigmoid$"):
        convert(nn.Sigmoid(), length=16, range=4)
    with pytest.raises(TypeError, match="^convert takes a torch.nn.Module, not int$"):
        convert(3, length=16)
    message = re.escape("streams of 4-bit registers must be between 1 and 15, not 20")
    with pytest.raises(ValueError, match=f"^{message}$"):
        convert(model, length=16, range=4, width=4)
    with torch.no_grad():
        model[0].weight[0, 0] = 4.5
    with pytest.raises(
        ValueError, match="^weights of layer 0 must be between -4 and 4, not 4.5$"
    ):
        convert(model, length=16, range=4)
    with torch.no_grad():
        model[0].weight[0, 0] = float("nan")
    with pytest.raises(ValueError, match="^weights of layer 0 must be numbers, not NaN$"):
        convert(model, length=16, range=4)
