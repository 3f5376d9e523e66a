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
    CodeOverflowError,
    FixedArray,
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
    GlobalAvgPool2d,
    LayerFormats,
    Linear,
    MaxPool2d,
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

RNG = np.random.default_rng(7)


def random_values(fmt, *shape, rng=RNG):
    """Return random values of a format, both of its ends among them."""
    fmt = Format.parse(fmt) if isinstance(fmt, str) else fmt
    codes = rng.integers(fmt.minimum_code, fmt.maximum_code, shape, endpoint=True)
    codes.flat[0], codes.flat[-1] = fmt.maximum_code, fmt.minimum_code
    return to_values(FixedArray(codes, fmt))


def codes_of(values, fmt):
    return to_array(values, Format.parse(fmt) if isinstance(fmt, str) else fmt).codes.tolist()


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


@pytest.mark.parametrize("rounding", Rounding)
@pytest.mark.parametrize("overflow", [o for o in Overflow if o is not Overflow.ERROR])
def test_rounding_of_tensors_is_that_of_the_definition(rounding, overflow):
    x = torch.from_numpy(np.arange(-40, 41, dtype=np.float32) / 16).reshape(9, 9)
    fmt = Format.parse("sQ2.2")
    source = Lfsr(width=8, seed=3)
    words = source.words(81).reshape(9, 9)
    cast = Cast(format=fmt, rounding=rounding, overflow=overflow)
    made = codes_of(round_to(x, cast, source), fmt)
    for place in np.ndindex(9, 9):
        exact = Fraction(float(x[place])) / fmt.resolution
        code = round_exactly(exact, rounding, Fraction(int(words[place]), 256))
        assert made[place[0]][place[1]] == fit_exactly(code, fmt, overflow)


def test_the_error_mode_names_the_place():
    layer = Quantize(Cast(format="sQ2.2", overflow=Overflow.ERROR))
    assert layer(torch.tensor([[1.5]])).tolist() == [[1.5]]
    with pytest.raises(CodeOverflowError, match=r"^sQ2.2 cannot hold 2.5 at index \(0, 1\)$"):
        layer(torch.tensor([[0.0, 2.5]]))


def test_tensors_not_in_memory_order():
    x = torch.arange(24.0).reshape(1, 2, 3, 4).to(memory_format=torch.channels_last) / 8
    fmt = "uQ2.1"
    expected = quantize(x.contiguous().numpy(), fmt).codes.tolist()
    assert codes_of(round_to(x, Cast(format=fmt)), fmt) == expected


def test_wide_formats_are_float64():
    # A float32 holds all whole numbers to 2^24 in size.
    for name, kind in {
        "sQ13.12": torch.float32,
        "uQ12.12": torch.float32,
        "sQ14.12": torch.float64,
        "uQ13.12": torch.float64,
    }.items():
        fmt = Format.parse(name)
        x = to_values(FixedArray([fmt.maximum_code, fmt.minimum_code], fmt))
        assert x.dtype == round_to(x, Cast(format=fmt)).dtype == kind
        assert codes_of(x, fmt) == [fmt.maximum_code, fmt.minimum_code]
    fmt = Format.parse("sQ10.43")
    x = to_values(FixedArray([fmt.maximum_code, fmt.minimum_code, 1, 0], fmt))
    assert codes_of(x, fmt) == [fmt.maximum_code, fmt.minimum_code, 1, 0]


# Gradients.


def test_gradients_pass_straight_through_and_stop_where_it_saturates():
    x = torch.tensor([-9.0, -2.0, -0.3, 0.3, 1.75, 1.8, 9.0], requires_grad=True)
    weights = torch.arange(1.0, 8.0)
    for overflow, passes in {
        Overflow.SATURATE: [0, 1, 1, 1, 1, 0, 0],
        Overflow.SATURATE_ZERO: [0, 1, 1, 1, 1, 0, 0],
        Overflow.WRAP: [1] * 7,
    }.items():
        x.grad = None
        (round_to(x, Cast(format="sQ2.2", overflow=overflow)) * weights).sum().backward()
        assert x.grad.tolist() == [p * w for p, w in zip(passes, weights.tolist(), strict=True)]


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


POOLS = [
    # kernel, stride, padding, ceil_mode, count_include_pad
    (2, None, 0, False, True),
    (2, 2, 0, True, True),
    ((3, 2), (2, 3), (1, 1), False, True),
    ((3, 2), (2, 3), (1, 1), True, True),
    (3, 2, 1, True, False),
    (3, 3, 1, True, True),
]


def windows(size, kernel, stride, padding, ceil_mode):
    """Return, for each window of an axis, its pixels and how many places it has in all."""
    steps = Fraction(size + 2 * padding - kernel, stride)
    count = (math.ceil(steps) if ceil_mode else math.floor(steps)) + 1
    found = []
    for i in range(count):
        begin = i * stride - padding
        if begin >= size + padding or (ceil_mode and begin >= size):
            continue  # torch leaves out a window that starts beyond the image
        places = range(begin, min(begin + kernel, size + padding))
        found.append(([p for p in places if 0 <= p < size], len(places)))
    return found


def pair(value):
    return value if isinstance(value, tuple) else (value, value)


@pytest.mark.parametrize("pool", POOLS, ids=map(str, POOLS))
@pytest.mark.parametrize("rounding", [Rounding.NEAREST_EVEN, Rounding.CEIL])
def test_average_pooling_equals_fractions(pool, rounding):
    kernel, stride, padding, ceil_mode, include = pool
    x = random_values("sQ3.2", 2, 2, 5, 7)
    fmt = Format.parse("sQ2.4")
    layer = AvgPool2d(*pool, input="sQ3.2", output=Cast(format=fmt, rounding=rounding))
    made = codes_of(layer(x), fmt)
    axes = [
        windows(size, k, s, p, ceil_mode)
        for size, k, s, p in zip(
            (5, 7), pair(kernel), pair(kernel if stride is None else stride), pair(padding),
            strict=True,
        )
    ]  # fmt: skip
    for n, c in np.ndindex(2, 2):
        expected = [
            [
                fit_exactly(
                    round_exactly(
                        sum(Fraction(float(x[n, c, i, j])) for i in rows for j in columns)
                        / (high * wide if include else len(rows) * len(columns))
                        / fmt.resolution,
                        rounding,
                    ),
                    fmt,
                    Overflow.SATURATE,
                )
                for columns, wide in axes[1]
            ]
            for rows, high in axes[0]
        ]
        assert made[n][c] == expected
    float_pool = nn.AvgPool2d(kernel, stride, padding, ceil_mode, include)
    assert layer(x).shape == float_pool(x).shape


def test_global_average_pooling():
    x = random_values("uQ2.6", 3, 4, 7, 5)
    cast = Cast(format="uQ1.9", rounding=Rounding.NEAREST_UP)
    made = codes_of(GlobalAvgPool2d(input="uQ2.6", output=cast)(x), "uQ1.9")
    for n, c in np.ndindex(3, 4):
        mean = sum(Fraction(float(v)) for v in x[n, c].flatten()) / 35
        code = fit_exactly(round_exactly(mean * 512, cast.rounding), cast.format, cast.overflow)
        assert made[n][c] == [[code]]


def test_gradients_of_average_pooling():
    x = torch.tensor([[[[1.0, 2.0], [3.0, 3.0]]], [[[0.0, 0.0], [0.0, 1.0]]]])
    x.requires_grad_(True)
    pool = GlobalAvgPool2d(input="uQ2.0", output=Cast(format="uQ1.1"))
    made = pool(x)
    assert made.flatten().tolist() == [1.5, 0.0]
    made.sum().backward()
    # The first mean, 2.25, saturates.
    assert x.grad[0].flatten().tolist() == [0.0] * 4
    assert x.grad[1].flatten().tolist() == [0.25] * 4


def test_max_pooling_equals_integers():
    x = random_values("sQ3.2", 2, 2, 5, 7)
    made = MaxPool2d(3, 2, 1, ceil_mode=True)(x)
    axes = [windows(size, 3, 2, 1, True) for size in (5, 7)]
    codes = to_array(x, Format.parse("sQ3.2")).codes
    for n, c in np.ndindex(2, 2):
        expected = [
            [
                max(int(codes[n, c, i, j]) for i in rows for j in columns)
                for columns, _ in axes[1]
            ]
            for rows, _ in axes[0]
        ]
        assert codes_of(made, "sQ3.2")[n][c] == expected


@pytest.mark.parametrize("rounding", [r for r in Rounding if r is not Rounding.STOCHASTIC])
def test_addition_on_every_pair_of_codes(rounding):
    a, b, fmt = (Format.parse(name) for name in ("sQ2.2", "uQ1.3", "sQ2.1"))
    left, right = (
        to_values(FixedArray(np.arange(f.minimum_code, f.maximum_code + 1), f)) for f in (a, b)
    )
    left, right = torch.meshgrid(left, right, indexing="ij")
    made = codes_of(Add(a, b, Cast(format=fmt, rounding=rounding))(left, right), fmt)
    for place in np.ndindex(16, 16):
        total = Fraction(float(left[place])) + Fraction(float(right[place]))
        code = round_exactly(total / fmt.resolution, rounding)
        assert made[place[0]][place[1]] == fit_exactly(code, fmt, Overflow.SATURATE)


def test_addition_of_wide_formats_is_exact():
    a, b = Format.parse("sQ12.12"), Format.parse("sQ2.20")
    x = to_values(FixedArray([a.maximum_code, a.minimum_code], a))
    y = to_values(FixedArray([b.maximum_code, 1], b))
    layer = Add(a, b, Cast(format="sQ14.20"))
    expected = [a.maximum_code * 256 + b.maximum_code, a.minimum_code * 256 + 1]
    assert codes_of(layer(x, y), "sQ14.20") == expected


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
