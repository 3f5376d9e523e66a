"""Conversion of networks whose products are counted."""

import numpy as np
import pytest
import torch
from torch import nn

from stochastic import Lfsr
from stochastic.networks import CountedLayer, CountedNetwork, StreamProduct, convert
from stochastic.training.networks import NETWORKS

# The kernels of these tests take seconds to compile.
pytestmark = pytest.mark.slow


@pytest.fixture
def images():
    return torch.randn(6, 1, 8, 8, generator=torch.Generator().manual_seed(1))


class Residual(nn.Module):
    """Everything that a network may have: groups, residual sum, both poolings, ReLU6."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(1, 6, 3, padding=1)
        self.norm = nn.BatchNorm2d(6)
        self.depthwise = nn.Conv2d(6, 6, 3, padding=1, groups=6, bias=False)
        self.last = nn.Linear(24, 4)

    def forward(self, x):
        x = torch.relu(self.norm(self.first(x)))
        x = nn.functional.max_pool2d(x, 2)
        x = x + nn.functional.relu6(self.depthwise(x))
        x = nn.functional.avg_pool2d(x, 2)
        return self.last(nn.functional.dropout(x.flatten(1), training=False))


def small_model(seed=2):
    torch.manual_seed(seed)
    model = Residual().eval()
    with torch.no_grad():
        model.norm.running_mean.uniform_(-0.2, 0.2)
        model.norm.running_var.uniform_(0.3, 1)
    return model


@pytest.mark.parametrize(
    "options",
    [
        {"encoding": "bipolar", "generator": "sobol"},
        {},
        {"multiplier": "conditional", "encoding": "bipolar", "generator": "sobol"},
        {"multiplier": "conditional", "generator": "sobol"},
        {"range": 4, "generator": "sobol"},
    ],
)
def test_long_streams_approach_the_float_network(images, options):
    model = small_model()
    with torch.no_grad():
        expected = model(images).numpy()
        errors = []
        for length in (16, 1024):
            network = convert(model, length=length, images=images, **options)
            assert isinstance(network, CountedNetwork)
            errors.append(np.abs(network(images).numpy() - expected).mean())
        other = small_model(3)(images).numpy()
    assert errors[1] < errors[0] / 3
    assert errors[1] < 0.1 * np.abs(expected - expected.mean(axis=0)).mean() + 0.02
    assert errors[1] < 0.2 * np.abs(other - expected).mean()


@pytest.mark.parametrize("name", NETWORKS)
def test_deep_networks(name):
    torch.manual_seed(1)
    model = NETWORKS[name](channels=3, width=1 / 16)
    images = torch.randn(16, 3, 32, 32)
    # Batch statistics, so that activations have the spread of a trained network.
    for _ in range(20):
        with torch.no_grad():
            model(images)
    model.eval()
    network = convert(model, length=1024, range=4, generator="sobol", images=images)
    with torch.no_grad():
        found, expected = network(images[:4]).numpy(), model(images[:4]).numpy()
    assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] > 0.97
    weighted = [layer for layer in network.layers if isinstance(layer, CountedLayer)]
    kinds = (nn.Conv2d, nn.Linear)
    assert len(weighted) == sum(isinstance(m, kinds) for m in model.modules())


def test_range_1_of_integral_streams_is_sign_magnitude():
    one = StreamProduct.of(length=32, range=1, kind="sobol")
    four = StreamProduct.of(length=32, range=4, kind="sobol")
    q = one.digits
    values = np.arange(-(1 << q), (1 << q) + 1) / (1 << q)
    exact = np.outer(values, values)
    error = {p.range: np.abs(p.table / p.full_scale - exact).mean() for p in (one, four)}
    assert error[4] < error[1] / 1.5
    # AND of the two streams of the codes 3/4 and 1/2, cycle by cycle.
    words = [g[0].words(32) for g in (one.activations, one.weights)]
    both = (words[0] < 24) & (words[1] < 16)
    assert one.table[32 + 24, 32 + 16] == both.sum()
    assert one.table[32 - 24, 32 + 16] == -both.sum()


def test_training_with_streams_lowers_the_loss(images):
    torch.manual_seed(4)
    network = convert(small_model(), length=32, images=images)
    labels = torch.tensor([0, 1, 2, 3, 0, 1])
    optimizer = torch.optim.SGD(network.parameters(), lr=0.05, momentum=0.9)
    losses = []
    for _ in range(15):
        loss = nn.functional.cross_entropy(network(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.75 * losses[0]


def test_labels_by_batch(images):
    network = convert(small_model(), length=16, images=images)
    seen = []
    labels = network.classify(images, batch=4, progress=seen.append)
    assert seen == [4, 6]
    with torch.no_grad():
        assert labels.tolist() == network(images).argmax(dim=1).tolist()


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([nn.Softmax(dim=1)], "a network on streams has layers .*, not Softmax at 0"),
        ([nn.ReLU()],
         "a network on streams must have a convolution or a linear layer"),
        ([nn.Conv2d(1, 2, 3, dilation=2)],
         "layers on streams take convolutions of dilation 1, not Conv2d.*"),
        ([nn.Linear(5, 2)],
         r"layer 0 cannot take an input of shape \(6, 1, 8, 8\)"),
        ([nn.BatchNorm2d(1), nn.Conv2d(1, 1, 3)],
         "batch normalization that is converted follows .*, unlike 0"),
    ],
)  # fmt: skip
def test_refused_networks(images, layers, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        convert(nn.Sequential(*layers), length=16, images=images)


def test_bad_input(images):
    model = small_model()
    with pytest.raises(ValueError, match="^length of streams must be between 1 and 16384, not"):
        convert(model, length=0, images=images)
    with pytest.raises(ValueError, match="^range of streams must be between 1 and 16, not 0$"):
        convert(model, length=16, range=0, images=images)
    message = r"convert needs a tensor of images \[n, channels, height, width\], not NoneType"
    with pytest.raises(ValueError, match=f"^{message}$"):
        convert(model, length=16)
    with pytest.raises(ValueError, match="^pixels is for networks of neurons, not for a"):
        convert(model, length=16, images=images, pixels=Lfsr(width=8))
    message = "images must be of torch.float32, as the weights, not torch.uint8"
    with pytest.raises(ValueError, match=f"^{message}$"):
        convert(model, length=16, images=images.to(torch.uint8))
    message = "length times the square of range must be a power of two, not 48"
    with pytest.raises(ValueError, match=f"^{message}$"):
        convert(model, length=48, images=images)
    message = "products of streams must span at most 65535 counts, not 65536"
    with pytest.raises(ValueError, match=f"^{message}$"):
        convert(model, length=128, range=16, images=images)
    network = convert(model, length=16, images=images)
    message = r"a layer on streams takes 24 features, not inputs of shape \(6, 6\)"
    with pytest.raises(ValueError, match=f"^{message}$"):
        network.classify(images[:, :, :4, :4])
    message = r"a layer on streams takes 1 channels, not inputs of shape \(6, 2, 8, 8\)"
    with pytest.raises(ValueError, match=f"^{message}$"):
        network.classify(images.expand(6, 2, 8, 8))
    with torch.no_grad():
        model.last.weight[0, 0] = float("nan")
    with pytest.raises(ValueError, match="^weights of layer last must be numbers, not NaN$"):
        convert(model, length=16, images=images)
