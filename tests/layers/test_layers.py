"""Layers for PyTorch: every code equal to that of the integer kernels and of plain Python."""

import math
import re
from fractions import Fraction

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch import nn
from torch.nn import functional

from fixedpoint import (
    AccumulatorSpec,
    Format,
    Overflow,
    Rounding,
    WordReader,
    conv2d,
    matmul,
)
from fixedpoint.arrays import quantize
from fixedpoint.layers import (
    Add,
    AvgPool2d,
    Cast,
    Conv2d,
    LayerFormats,
    Linear,
    Quantize,
    ReLU,
    ReLU6,
    round_to,
    to_array,
    to_values,
)
from fixedpoint.layers.layer_sums import exact_sums
from fixedpoint.rounding.reference import fit_exactly, round_exactly
from stochastic import Lfsr
from tests.support.layer_values import RNG, codes_of, random_values

# The kernels take long to compile.
pytestmark = pytest.mark.slow

# Convolution and linear layers. A wide accumulator lets torch do the work; one that is
# narrow, coarse, or rounds its products takes every step in the integer kernels.
SPECS = {
    "wide": (AccumulatorSpec(format="sQ16.9", overflow="saturate"), torch.float32),
    "wide tree": (AccumulatorSpec(format="sQ16.9", order="tree"), torch.float32),
    "finer than the products": (
        AccumulatorSpec(format="sQ10.21", rounding="nearest_even", overflow="saturate"),
        torch.float64,
    ),
    "wrapping": (AccumulatorSpec(format="sQ2.9", overflow="wrap"), torch.float32),
    "wrapping, unsigned": (AccumulatorSpec(format="uQ3.9"), torch.float32),
    "wide, symmetric": (
        AccumulatorSpec(format="sQ16.9", overflow="saturate_symmetric"),
        torch.float32,
    ),
    "wide, error": (AccumulatorSpec(format="sQ16.9", overflow="error"), torch.float32),
    "saturating": (AccumulatorSpec(format="sQ3.9", overflow="saturate"), None),
    "saturating to zero": (AccumulatorSpec(format="sQ3.9", overflow="saturate_zero"), None),
    "coarse": (
        AccumulatorSpec(format="sQ5.4", rounding="nearest_even", overflow="saturate"),
        None,
    ),
    "rounded products": (
        AccumulatorSpec(
            format="sQ4.5",
            rounding="truncate",
            overflow="saturate",
            product_rounding="nearest_up",
        ),
        None,
    ),
    "jamming": (AccumulatorSpec(format="sQ16.9", rounding="jam", overflow="saturate"), None),
}
GEOMETRIES = [
    # channels, outputs, kernel, stride, padding, groups
    (3, 4, (3, 3), (1, 1), (1, 1), 1),
    (4, 6, (1, 1), (2, 2), (0, 0), 1),
    (4, 4, (3, 2), (2, 1), (0, 2), 2),
    (3, 6, (3, 3), (1, 2), (1, 0), 3),
]


@pytest.mark.parametrize("name", SPECS)
@pytest.mark.parametrize("geometry", GEOMETRIES, ids=["plain", "1x1", "grouped", "depthwise"])
def test_convolution_equals_the_integer_kernels(name, geometry):
    spec, kind = SPECS[name]
    channels, outputs, kernel, stride, padding, groups = geometry
    rng = np.random.default_rng(len(name))
    x = random_values("uQ2.4", 3, channels, 6, 7, rng=rng)
    weight = torch.from_numpy(rng.normal(0, 0.6, (outputs, channels // groups, *kernel)))
    bias = None if spec.order == "tree" else torch.from_numpy(rng.normal(0, 0.5, outputs))
    if "unsigned" in name:
        weight, bias = weight.abs(), bias.abs()
    formats = LayerFormats(
        input="uQ2.4",
        weight=Cast(format="sQ1.5"),
        accumulator=spec,
        output=Cast(format="uQ3.3", rounding=Rounding.NEAREST_AWAY),
    )
    layer = Conv2d(weight, bias, formats, stride=stride, padding=padding, groups=groups)
    chosen = exact_sums(
        to_values(layer.weight_array()),
        None if bias is None else to_values(layer.bias_array()),
        (formats.input, formats.weight.format, spec),
    )
    assert chosen is kind
    expected = conv2d(
        quantize(x.numpy(), "uQ2.4"),
        quantize(weight.numpy(), "sQ1.5"),
        spec,
        bias=None if bias is None else quantize(bias.numpy(), spec.format),
        stride=stride,
        padding=padding,
        groups=groups,
    ).cast("uQ3.3", Rounding.NEAREST_AWAY)
    assert to_array(layer(x), Format.parse("uQ3.3")).is_identical(expected)


@pytest.mark.parametrize("name", SPECS)
def test_linear_equals_a_sum_in_fractions(name):
    spec, _ = SPECS[name]
    x = random_values("sQ2.4", 2, 3, 9)
    weight = torch.from_numpy(RNG.normal(0, 0.6, (4, 9)))
    bias = None if spec.order == "tree" else torch.from_numpy(RNG.normal(0, 0.5, 4))
    if "unsigned" in name:
        weight = weight.abs()
    formats = LayerFormats(input="sQ2.4", weight=Cast(format="sQ1.5"), accumulator=spec)
    layer = Linear(weight, bias, formats)
    w = layer.weight_array().codes
    starts = np.zeros(4, int) if bias is None else layer.bias_array().codes
    assert w.tolist() == [
        [
            fit_exactly(
                round_exactly(Fraction(v) * 32, Rounding.NEAREST_EVEN),
                Format.parse("sQ1.5"),
                Overflow.SATURATE,
            )
            for v in row
        ]
        for row in weight.tolist()
    ]
    made = codes_of(layer(x), spec.format)
    for place in np.ndindex(2, 3):
        for row in range(4):
            products = [
                Fraction(v) * Fraction(int(c), 32)
                for v, c in zip(x[place].tolist(), w[row], strict=True)
            ]
            expected = spec.accumulate(products, start=int(starts[row]))
            assert made[place[0]][place[1]][row] == expected


def test_linear_equals_matmul():
    x, weight = random_values("sQ1.7", 5, 33), torch.from_numpy(RNG.normal(0, 0.3, (6, 33)))
    spec = AccumulatorSpec(format="sQ2.8", rounding="nearest_up", overflow="saturate")
    formats = LayerFormats(input="sQ1.7", weight=Cast(format="sQ1.7"), accumulator=spec)
    expected = matmul(
        quantize(x.numpy(), "sQ1.7"), quantize(weight.numpy(), "sQ1.7").T, accumulator=spec
    )
    assert to_array(Linear(weight, None, formats)(x), spec.format).is_identical(expected)


@pytest.mark.parametrize("terms, kind", [(257, torch.float32), (258, torch.float64)])
def test_torch_takes_over_up_to_the_last_exact_sum(terms, kind):
    # The bias brings 257 terms to 2^24, the last whole number before float32 leaves some out.
    bias = (1 << 24) - 255 * 255 * 257
    formats = LayerFormats(
        input="uQ8.0",
        weight=Cast(format="uQ8.0"),
        accumulator=AccumulatorSpec(format="sQ30.0", overflow="saturate"),
    )
    layer = Linear(torch.full((1, terms), 255.0), torch.tensor([float(bias)]), formats)
    parts = (formats.input, formats.weight.format, formats.accumulator)
    start = to_values(layer.bias_array())
    assert exact_sums(to_values(layer.weight_array()), start, parts) is kind
    x = torch.full((3, terms), 255.0)
    x[1, 0], x[2, :] = 254.0, 0.0
    full = 255 * 255 * terms + bias
    assert layer(x).flatten().tolist() == [full, full - 255, bias]


def test_a_wide_layer_takes_the_kernels():
    # Products of 24 and 30 bits do not fit into a float64's 53.
    spec = AccumulatorSpec(format="sQ3.50", rounding="nearest_even", overflow="saturate")
    formats = LayerFormats(input="sQ1.29", weight=Cast(format="sQ1.23"), accumulator=spec)
    x, weight = random_values("sQ1.29", 2, 5), torch.from_numpy(RNG.normal(0, 0.4, (3, 5)))
    expected = matmul(
        quantize(x.numpy(), "sQ1.29"), quantize(weight.numpy(), "sQ1.23").T, accumulator=spec
    )
    made = Linear(weight, None, formats)(x)
    assert made.dtype == torch.float64
    assert to_array(made, spec.format).is_identical(expected)


def test_lower_precision_of_torch_is_not_trusted():
    # The layer has to stay exact where a caller lets torch multiply in bfloat16.
    formats = LayerFormats(
        input="uQ12.0",
        weight=Cast(format="uQ3.0"),
        accumulator=AccumulatorSpec(format="sQ24.0"),
    )
    layer = Linear(torch.ones(1, 2), None, formats)
    before = torch.get_float32_matmul_precision()
    try:
        torch.set_float32_matmul_precision("medium")
        assert layer(torch.tensor([[4095.0, 4094.0]])).tolist() == [[8189.0]]
    finally:
        torch.set_float32_matmul_precision(before)


def test_stochastic_rounding_reads_on_from_call_to_call():
    source = Lfsr(width=16, seed=5)
    spec = AccumulatorSpec(format="sQ4.3", rounding="stochastic", overflow="saturate")
    formats = LayerFormats(
        input="uQ2.4",
        weight=Cast(format="sQ1.5"),
        accumulator=spec,
        output=Cast(format="uQ3.1", rounding="stochastic"),
    )
    weight = torch.from_numpy(RNG.normal(0, 0.5, (2, 2, 3, 3)))
    layer = Conv2d(weight, None, formats, padding=1, bits=source)
    reader = WordReader(source)
    for _ in range(2):
        x = random_values("uQ2.4", 2, 2, 5, 5)
        sums = conv2d(
            quantize(x.numpy(), "uQ2.4"), quantize(weight.numpy(), "sQ1.5"), spec, padding=1,
            bits=reader,
        )  # fmt: skip
        expected = sums.cast("uQ3.1", Rounding.STOCHASTIC, bits=reader)
        assert to_array(layer(x), Format.parse("uQ3.1")).is_identical(expected)
    # 2 x 2 x 5 x 5 outputs of 18 steps each and one rounding.
    assert layer.bits.position == reader.position == 2 * 100 * 19


def test_a_trace_repeats_the_layer():
    for spec, _ in SPECS.values():
        if spec.order == "tree" or not spec.format.signed:
            continue
        formats = LayerFormats(input="uQ2.4", weight=Cast(format="sQ1.5"), accumulator=spec)
        weight = torch.from_numpy(RNG.normal(0, 0.6, (4, 2, 3, 3)))
        layer = Conv2d(weight, torch.ones(4) / 4, formats, padding=1, stride=2, groups=2)
        trace = layer.trace(random_values("uQ2.4", 2, 4, 5, 5), "middle")
        assert (trace.name, trace.kind, trace.groups) == ("middle", "conv2d", 2)
        assert (trace.stride, trace.padding) == ((2, 2), (1, 1))
        assert trace.outputs.is_identical(trace.expected())


# Rounding.


# Gradients.


@pytest.mark.parametrize("name", ["wide", "finer than the products", "coarse"])
def test_gradients_of_a_convolution_are_those_of_its_rounded_weights(name):
    spec, _ = SPECS[name]
    formats = LayerFormats(input="uQ2.4", weight=Cast(format="sQ1.5"), accumulator=spec)
    weight = torch.from_numpy(RNG.uniform(-0.9, 0.9, (2, 2, 3, 3)).astype(np.float32))
    layer = Conv2d(weight, torch.zeros(2), formats)
    x = random_values("uQ2.4", 2, 2, 5, 5).mul(1 / 4).mul(16).round().div(16)
    x.requires_grad_(True)
    rounded = to_values(layer.weight_array()).requires_grad_(True)
    plain = x.detach().clone().requires_grad_(True)
    bias = torch.zeros(2, requires_grad=True)
    made = layer(x)
    # Gradients that are whole numbers, so that every sum of theirs is exact.
    sent = torch.from_numpy(RNG.integers(-4, 5, made.shape)).to(made.dtype)
    low, high = float(spec.format.minimum), float(spec.format.maximum)
    inside = (made.detach() > low) & (made.detach() < high)
    made.backward(sent)
    functional.conv2d(plain, rounded, bias).backward((sent * inside).float())
    assert layer.weight.grad.tolist() == rounded.grad.tolist()
    assert layer.bias.grad.tolist() == bias.grad.tolist()
    assert x.grad.tolist() == plain.grad.tolist()


def test_a_saturated_sum_has_no_gradient():
    spec = AccumulatorSpec(format="sQ2.4", overflow="saturate")
    formats = LayerFormats(input="uQ2.2", weight=Cast(format="sQ1.2"), accumulator=spec)
    layer = Linear(torch.full((1, 3), 0.75), None, formats)
    x = torch.tensor([[3.0, 3.0, 3.0], [0.25, 0.5, 0.0]], requires_grad=True)
    layer(x).sum().backward()
    assert x.grad.tolist() == [[0.0] * 3, [0.75] * 3]


# Activations, pooling and addition.


def test_relu_and_relu6_on_every_code():
    for name, six in {"sQ4.2": 6, "uQ2.3": Fraction(31, 8), "sQ5.-2": 4, "uQ4.-1": 6}.items():
        fmt = Format.parse(name)
        codes = range(fmt.minimum_code, fmt.maximum_code + 1)
        values = [c * fmt.resolution for c in codes]
        x = torch.tensor([float(v) for v in values])
        made = ReLU6(name)(x)
        assert made.tolist() == [min(max(v, 0), six) for v in values]
        assert codes_of(made, name) is not None
        assert ReLU()(x).tolist() == [max(v, 0) for v in values]


# Bad input.


def test_values_outside_the_format_are_refused():
    formats = LayerFormats(
        input="uQ2.2", weight=Cast(format="sQ1.2"), accumulator=AccumulatorSpec(format="sQ9.4")
    )
    layers = {
        "Conv2d": Conv2d(torch.ones(1, 1, 1, 1), None, formats),
        "Linear": Linear(torch.ones(1, 4), None, formats),
        "AvgPool2d": AvgPool2d(1, input="uQ2.2", output=Cast(format="uQ2.2")),
    }
    for name, layer in layers.items():
        for wrong in (0.1, -0.25, 4.0, math.nan, math.inf):
            x = torch.tensor([[[[0.0, 0.25, wrong, 1.0]]]])
            held = float(np.float32(wrong))
            index = "(0, 2)" if name == "Linear" else "(0, 0, 0, 2)"
            sentence = f"{name} takes values of uQ2.2, not {held} at index {index}"
            with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
                layer(x[0, 0] if name == "Linear" else x)
    with pytest.raises(ValueError, match=r"not 0.5 at index \(1\)$"):
        Add("uQ2.2", "uQ2.0", Cast(format="uQ2.2"))(torch.ones(2), torch.tensor([1.0, 0.5]))


@pytest.mark.parametrize(
    "make, error, sentence",
    [
        (
            lambda: Cast(format="sQ40.20"),
            ValueError,
            "Cast format must have at most 53 bits, not sQ40.20",
        ),
        (
            lambda: LayerFormats(
                input="uQ2.2",
                weight=Cast(format="sQ1.2"),
                accumulator=AccumulatorSpec(format="sQ64.0"),
            ),
            ValueError,
            "LayerFormats accumulator format must have at most 53 bits, not sQ64.0",
        ),
        (
            lambda: LayerFormats(input="uQ2.2", weight="sQ1.2", accumulator=None),
            TypeError,
            "LayerFormats weight must be of type Cast, not 'sQ1.2'",
        ),
        (
            lambda: round_to(torch.ones(1, dtype=torch.bfloat16), Cast(format="sQ1.2")),
            TypeError,
            "fixed-point layers take float32 or float64 on the CPU, not torch.bfloat16 on cpu",
        ),
        (
            lambda: Quantize(Cast(format="sQ1.2", rounding=Rounding.STOCHASTIC)),
            TypeError,
            "STOCHASTIC rounding needs bits=, a word source such as an LFSR",
        ),
    ],
)
def test_bad_input(make, error, sentence):
    with pytest.raises(error, match=f"^{re.escape(sentence)}$"):
        make()


def test_convolutions_without_a_counterpart():
    for options, rule in (
        ({"dilation": 2}, "of dilation 1"),
        ({"padding": "same"}, "padded by a number of zeros"),
        ({"padding": 1, "padding_mode": "reflect"}, "padded by a number of zeros"),
    ):
        layer = nn.Conv2d(1, 1, 3, **options)
        sentence = f"fixed-point layers take convolutions {rule}, not {layer}"
        with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
            Conv2d.of(layer, None)


def test_empty_batches():
    formats = LayerFormats(
        input="uQ2.2", weight=Cast(format="sQ1.2"), accumulator=AccumulatorSpec(format="sQ9.4")
    )
    assert Linear(torch.ones(3, 2), None, formats)(torch.ones(0, 2)).shape == (0, 3)
    assert round_to(torch.ones(0, 2), Cast(format="sQ1.2")).shape == (0, 2)
    narrow = LayerFormats(
        input="uQ2.2",
        weight=Cast(format="sQ1.2"),
        accumulator=AccumulatorSpec(format="sQ2.2", overflow="saturate"),
    )
    assert Linear(torch.ones(3, 2), None, narrow)(torch.ones(0, 2)).shape == (0, 3)
