"""Choice of formats and conversion of networks."""

import itertools
import re

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch import nn
from torch.nn import functional

from fixedpoint import AccumulatorSpec, Rounding, WordReader
from fixedpoint.arrays import quantize
from fixedpoint.layers import (
    Cast,
    LayerFormats,
    calibrate,
    convert,
    fold_batch_norm,
    to_array,
)
from stochastic import Lfsr
from stochastic.training import NETWORKS

# The kernels take long to compile.
pytestmark = pytest.mark.slow

# Choice of formats.


# Folding.


def randomize_norms(model):
    """Give every batch normalization statistics that are not its start's."""
    for module in model.modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            nn.init.uniform_(module.running_mean, -0.3, 0.3)
            nn.init.uniform_(module.running_var, 0.5, 2.0)
            if module.affine:
                nn.init.uniform_(module.weight, 0.7, 1.4)
                nn.init.uniform_(module.bias, -0.2, 0.2)
    return model.eval()


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize(
    "layer, norm, shape",
    [
        (nn.Conv2d(4, 6, 3, groups=2), nn.BatchNorm2d, (2, 4, 5, 5)),
        (nn.Conv2d(4, 6, 1, bias=False), nn.BatchNorm2d, (2, 4, 5, 5)),
        (nn.Linear(5, 6), nn.BatchNorm1d, (3, 5)),
    ],
)
def test_folding_computes_what_two_layers_did(layer, norm, shape, affine):
    torch.manual_seed(1)
    pair = randomize_norms(nn.Sequential(layer, norm(6, affine=affine, eps=1e-3))).double()
    x = torch.randn(shape, dtype=torch.float64)
    for dtype, digits in ((torch.float64, 53), (torch.float32, 24)):
        folded = fold_batch_norm(*pair.to(dtype))
        assert folded.weight.dtype == folded.bias.dtype == dtype
        # Each folded number is rounded once, and so is each of at most 19 terms of about 1.
        wanted = pair.double()(x)
        tolerance = 2 * 20 * 4 * 2.0**-digits
        torch.testing.assert_close(folded.double()(x), wanted, rtol=0, atol=tolerance)


def test_norms_that_are_not_folded():
    with pytest.raises(
        ValueError, match="^a norm that is folded must have the layer's 3 outputs, not 4$"
    ):
        fold_batch_norm(nn.Linear(2, 3), nn.BatchNorm1d(4))
    with pytest.raises(ValueError, match="^a norm that is folded must keep running statistics"):
        fold_batch_norm(nn.Linear(2, 3), nn.BatchNorm1d(3, track_running_stats=False))


# Conversion.

IMAGES = torch.randn(6, 1, 20, 20, generator=torch.Generator().manual_seed(3))


def network(name):
    torch.manual_seed(5)
    return randomize_norms(NETWORKS[name](width=1 / 16))


@pytest.mark.parametrize("name", NETWORKS)
def test_every_layer_repeats_in_the_integer_kernels(name):
    converted = convert(network(name), IMAGES, bits=8)
    traces = converted.traces(IMAGES[:2])
    # MobileNetV2: 17 blocks of three, four shortcuts, and two convolutions beside the last.
    layers = {"vgg16": 13 + 1, "resnet18": 1 + 16 + 3 + 1, "mobilenetv2": 1 + 51 + 4 + 1 + 1}
    assert len(traces) == len(converted.weighted) == layers[name]
    for trace in traces:
        assert trace.expected().is_identical(trace.outputs)
        assert trace.weights.format.width == trace.inputs.format.width == 8
    assert len({t.name for t in traces}) == len(traces)
    assert any(t.groups > 1 for t in traces) == (name == "mobilenetv2")
    # The first layer reads the images, the last one gives the network's outputs.
    entry = quantize(IMAGES[:2].numpy(), traces[0].inputs.format)
    assert traces[0].inputs.is_identical(entry)
    made = to_array(converted(IMAGES[:2]), converted.output_format)
    assert made.is_identical(traces[-1].outputs)


@pytest.mark.parametrize("name", NETWORKS)
def test_many_bits_come_to_the_float_network(name):
    model = network(name)
    with torch.no_grad():
        expected = model(IMAGES)
        errors = [
            float((convert(model, IMAGES, bits=bits)(IMAGES) - expected).abs().max())
            for bits in (6, 9, 12, 15)
        ]
    # Every bit halves the error of a rounding, so three bits make it eight times less;
    # layers on the way may do a little worse or better.
    for coarse, fine in itertools.pairwise(errors):
        assert fine < coarse / 3
    assert errors[-1] < 1e-2 * float(expected.abs().max())


class Small(nn.Module):
    """All kinds of operations, as functions where there are such."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(1, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4)
        self.second = nn.Conv2d(4, 4, 3, padding=1, groups=4, bias=False)
        self.drop = nn.Dropout(0.5)
        self.last = nn.Linear(4, 3)

    def forward(self, x):
        x = functional.relu6(self.norm(self.first(x)))
        y = functional.avg_pool2d(x, 3, stride=2, padding=1)
        x = functional.max_pool2d(self.second(x), 2, ceil_mode=True)
        x = torch.relu(torch.add(x, y))
        x = functional.adaptive_avg_pool2d(x, 1)
        return self.last(self.drop(torch.flatten(x, 1)))


def test_a_network_of_functions():
    torch.manual_seed(2)
    model = randomize_norms(Small())
    images = IMAGES[:, :, :7, :6]
    made = convert(model, images, bits=16)
    assert made.names == (
        "first", "relu6", "avg_pool2d", "second", "max_pool2d", "add", "relu",
        "adaptive_avg_pool2d", "flatten", "last",
    )  # fmt: skip
    assert made.weighted == ("first", "second", "last")
    with torch.no_grad():
        expected = model(images)
    # 16 bits round by 2^-16 of the range at most, in each of 10 operations.
    torch.testing.assert_close(made(images).float(), expected, rtol=0, atol=1e-3)
    for trace in made.traces(images, ["second"]):
        assert (trace.name, trace.groups) == ("second", 4)
        assert trace.expected().is_identical(trace.outputs)
    assert model.training is False
    assert model.norm.weight.shape == (4,)


def test_a_tensor_added_to_itself():
    class Double(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(2, 2)

        def forward(self, x):
            x = x + x
            return self.layer(x)

    model = Double()
    with torch.no_grad():
        model.layer.weight.copy_(torch.eye(2))
        model.layer.bias.zero_()
    images = torch.tensor([[0.5, 1.0], [0.25, 0.0]])
    assert convert(model, images, bits=8)(images).tolist() == [[1.0, 2.0], [0.5, 0.0]]


def test_formats_of_a_layer_can_be_changed():
    model = network("vgg16")
    formats = calibrate(model, IMAGES, bits=8)
    assert set(formats) == {"input", *convert(model, formats=formats).weighted}
    first = formats["0"]
    assert first.output.format.signed is False  # a ReLU follows
    narrow = AccumulatorSpec(
        format=first.accumulator.format.replace(int_bits=1), overflow="saturate"
    )
    formats["0"] = first.replace(
        accumulator=narrow, weight=Cast(format="sQ1.3", rounding=Rounding.TRUNCATE)
    )
    # Four bits fewer in the weights are four fraction bits that the sums do not need.
    changed = convert(model, formats=formats)
    (trace,) = changed.traces(IMAGES[:2], ["0"])
    assert trace.accumulator == narrow
    assert str(trace.weights.format) == "sQ1.3"
    assert trace.expected().is_identical(trace.outputs)
    (plain,) = convert(model, IMAGES).traces(IMAGES[:2], ["0"])
    assert not plain.outputs.is_identical(trace.outputs)
    formats["0"] = first.replace(output=Cast(format="uQ4.12"))
    sentence = f"layer 3 takes {formats['3'].input}, but what it reads is uQ4.12"
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        convert(model, formats=formats)
    del formats["3"]
    formats["0"] = first
    with pytest.raises(ValueError, match="^3 needs formats of type LayerFormats, not None$"):
        convert(model, formats=formats)


def test_formats_go_through_json():
    for entry in calibrate(network("resnet18"), IMAGES, bits=5).values():
        assert type(entry).from_json(entry.to_json()) == entry
        assert isinstance(entry, LayerFormats | Cast)


def test_stochastic_rounding_draws_from_one_source():
    model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
    images = torch.randn(5, 3, generator=torch.Generator().manual_seed(1))
    formats = calibrate(model, images, bits=6)
    formats["input"] = formats["input"].replace(rounding=Rounding.STOCHASTIC)
    formats["0"] = formats["0"].replace(
        output=formats["0"].output.replace(rounding=Rounding.STOCHASTIC)
    )
    one, same, other = (
        convert(model, formats=formats, words=Lfsr(width=16, seed=seed))(images)
        for seed in (1, 1, 40000)
    )
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    # The first layer's outputs take the words behind those of the input.
    reader = WordReader(Lfsr(width=16, seed=1))
    assert torch.equal(convert(model, formats=formats, words=reader)(images), one)
    assert reader.position == 5 * 3 + 5 * 4


def test_a_converted_network_trains():
    torch.manual_seed(0)
    x = torch.randn(64, 6)
    labels = (x[:, 0] * x[:, 1] > 0).long()
    model = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 2))
    made = convert(model, x, bits=6)
    optimizer = torch.optim.SGD(made.parameters(), lr=0.1, momentum=0.9)
    losses = []
    for _ in range(200):
        optimizer.zero_grad()
        loss = functional.cross_entropy(made(x), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    # A guess costs log 2 = 0.69.
    assert losses[-1] < 0.45


class Branching(nn.Module):
    def forward(self, x):
        return x if x.sum() > 0 else -x


class Shared(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer, self.norm = nn.Linear(2, 2), nn.BatchNorm1d(2)

    def forward(self, x):
        x = self.layer(x)
        return x + self.norm(x)


class PlusOne(nn.Module):
    def forward(self, x):
        return x + 1


KNOWN = (
    "a network in fixed point has layers Conv2d, Linear, BatchNorm1d, BatchNorm2d, ReLU, "
    "ReLU6, MaxPool2d, AvgPool2d, AdaptiveAvgPool2d, AdaptiveMaxPool2d, Flatten and "
    "additions, not "
)


@pytest.mark.parametrize(
    "model, sentence",
    [
        (nn.Sequential(nn.Linear(2, 2), nn.Sigmoid()), KNOWN + "Sigmoid at 1"),
        (nn.Sequential(nn.ConvTranspose2d(1, 1, 3)), KNOWN + "ConvTranspose2d at 0"),
        (Branching(), "a network in fixed point must be traceable by torch.fx: "),
        (
            Shared(),
            "batch normalization that is converted follows a convolution or linear layer that "
            "nothing else reads, unlike norm",
        ),
        (PlusOne(), "a network in fixed point adds two tensors, unlike add"),
        (
            nn.Sequential(nn.AdaptiveAvgPool2d(2)),
            "adaptive pooling in fixed point gives 1 pixel, unlike AdaptiveAvgPool2d",
        ),
        (
            nn.Sequential(nn.AdaptiveMaxPool2d((1, 2))),
            "adaptive pooling in fixed point gives 1 pixel, unlike AdaptiveMaxPool2d",
        ),
        (
            nn.Sequential(nn.AdaptiveMaxPool2d(1, return_indices=True)),
            "pooling in fixed point returns no indices, unlike AdaptiveMaxPool2d",
        ),
        (
            nn.Sequential(nn.Conv2d(1, 1, 3, dilation=2)),
            "fixed-point layers take convolutions of dilation 1, not Conv2d",
        ),
    ],
)
def test_networks_that_cannot_be_converted(model, sentence):
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}"):
        convert(model, torch.ones(2, 2))


class LargestPixel(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3)

    def forward(self, x):
        return functional.adaptive_max_pool2d(self.conv(x), 1).flatten(1)


def test_the_largest_pixel_of_each_channel_is_kept():
    torch.manual_seed(1)
    model, images = LargestPixel(), torch.randn(3, 1, 6, 6)
    # The convolution leaves 4 x 4 pixels.
    window = nn.Sequential(model.conv, nn.MaxPool2d(4), nn.Flatten())
    found, wanted = (convert(m, images, bits=8)(images) for m in (model, window))
    assert found.shape == (3, 2)
    np.testing.assert_array_equal(found.detach().numpy(), wanted.detach().numpy())


def test_layers_that_work_in_place_leave_the_images_alone():
    images = torch.linspace(-1, 1, 32).reshape(2, 1, 4, 4)
    given = images.clone()
    torch.manual_seed(2)
    conv = nn.Conv2d(1, 2, 3)
    calibrate(nn.Sequential(nn.ReLU(inplace=True), conv), given)
    assert torch.equal(given, images)


def test_a_single_layer_and_float64_are_networks_too():
    torch.manual_seed(3)
    images = torch.linspace(-1, 1, 64).reshape(2, 2, 4, 4)
    model = nn.Sequential(nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3))
    randomize_norms(model)
    wanted = convert(model, images, bits=8)(images)
    found = convert(model.double(), images.double(), bits=8)(images)
    assert torch.equal(found, wanted)
    alone = convert(model[0], images.double(), bits=8)(images)
    assert torch.equal(alone, convert(nn.Sequential(model[0]), images.double(), bits=8)(images))


def test_too_many_bits_name_the_layer():
    # 27 products of 24-bit codes need a sum of more than 53 bits.
    model = nn.Sequential(nn.Conv2d(3, 4, 3))
    message = "^layer 0 cannot have 24 bits: LayerFormats accumulator format must have at most"
    with pytest.raises(ValueError, match=message):
        convert(model, torch.rand(1, 3, 4, 4) - 0.5, bits=24)


def test_conversion_without_what_it_needs():
    model = nn.Sequential(nn.Linear(2, 2))
    for options, sentence in (
        ({}, "convert needs images or formats, and has neither"),
        (
            {"images": torch.ones(1, 2), "bits": 1},
            "bits of weights and activations must be between 2 and 24, not 1",
        ),
        (
            {"images": torch.ones(0, 2)},
            "formats are chosen from one image or more, not none",
        ),
    ):
        with pytest.raises(ValueError, match=f"^{sentence}$"):
            convert(model, **options)
    made = convert(model, torch.ones(1, 2))
    with pytest.raises(ValueError, match="^traces are made of 0, not 'x'$"):
        made.traces(torch.ones(1, 2), ["x"])
    with pytest.raises(ValueError, match="^the network has layers 0, not 'x'$"):
        made.layer("x")


def test_fixedpoint_alone_needs_no_torch():
    import subprocess
    import sys

    command = "import sys, fixedpoint; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", command], check=True)
