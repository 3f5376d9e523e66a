"""Bias correction: afterwards the mean of each channel's sums is that of float."""

import pytest

torch = pytest.importorskip("torch")

from torch import nn
from torch.nn import functional

from stochastic.networks import CountedLayer, StreamLinear, convert

MODES = (
    {"encoding": "bipolar"},
    {"encoding": "bipolar", "multiplier": "conditional", "generator": "sobol"},
    {"range": 2, "sets": 2},
)


def network_and_images():
    torch.manual_seed(1)
    model = nn.Sequential(
        nn.Conv2d(2, 6, 3, padding=1, bias=False), nn.ReLU(),
        nn.Conv2d(6, 6, 3, stride=2, padding=1, groups=3), nn.ReLU6(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 3),
    )  # fmt: skip
    return model.eval(), torch.randn(9, 2, 7, 7)


def mean_sums_of(network, images):
    """Return each layer's mean sums in counts, those of float without bias, and a count."""
    found = []

    def look(layer, inputs, _):
        x = inputs[0].double()
        weight = layer.weight.double()
        if layer.linear:
            wanted = functional.linear(x, weight).mean(dim=0)
        else:
            wanted = functional.conv2d(x, weight, **layer.geometry).mean(dim=(0, 2, 3))
        sums = layer.sums(inputs[0].reshape(*x.shape, 1, 1) if layer.linear else inputs[0])
        _, exponents, starts = layer.codes()
        scale = layer.product.digits - layer.input_format.frac_bits
        count = (
            torch.ldexp(
                torch.ones(len(exponents), dtype=torch.float64),
                torch.from_numpy(scale + exponents),
            )
            / layer.product.full_scale
        )
        mean = torch.from_numpy(sums.mean(axis=(1, 2, 3)) + starts)
        found.append((mean, wanted, count))

    hooks = [
        m.register_forward_hook(look) for m in network.modules() if isinstance(m, CountedLayer)
    ]
    with torch.no_grad():
        network(images)
    for hook in hooks:
        hook.remove()
    return found


@pytest.mark.parametrize("options", MODES)
def test_mean_sums_are_those_of_float(options):
    model, images = network_and_images()
    biases = [model[0].bias, model[2].bias, model[6].bias]
    largest = {}
    for corrected in (False, True):
        network = convert(model, length=64, images=images, bias_correction=corrected, **options)
        layers = mean_sums_of(network, images)
        assert len(layers) == 3
        errors = [
            (mean - (wanted + (0 if bias is None else bias.detach())) / count).abs().max()
            for (mean, wanted, count), bias in zip(layers, biases, strict=True)
        ]
        largest[corrected] = max(map(float, errors))
    # A start is a whole number of counts; biases are float32.
    assert largest[True] <= 0.5 + 1e-3
    assert largest[False] > 2


def test_outputs_take_the_corrected_biases():
    model, images = network_and_images()
    last = model[6]
    means = {}
    for corrected in (False, True):
        network = convert(
            model, length=64, images=images, encoding="bipolar", bias_correction=corrected
        )
        inputs = []
        layer = [m for m in network.modules() if isinstance(m, CountedLayer)][-1]
        layer.register_forward_pre_hook(lambda _, x, inputs=inputs: inputs.append(x[0]))
        with torch.no_grad():
            outputs = network(images)
            wanted = last(inputs[0])
        means[corrected] = (outputs - wanted).mean(dim=0).abs().max()
    # A count is 2^-6 of a weight's scale of at most 1, and of an activation's.
    assert means[True] < 0.02 < means[False]


def test_the_model_keeps_its_biases():
    model, images = network_and_images()
    before = [p.clone() for p in model.parameters()]
    convert(model, length=64, images=images, bias_correction=True)
    assert all(map(torch.equal, before, model.parameters()))


def test_neurons_are_not_corrected():
    model = nn.Sequential(nn.Flatten(), StreamLinear(4, 2, range=1))
    message = "^bias_correction is for counted networks, not for one of neurons$"
    with pytest.raises(ValueError, match=message):
        convert(model, length=64, bias_correction=True)
