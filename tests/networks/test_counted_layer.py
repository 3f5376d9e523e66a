"""A layer whose products are counted, against the circuits of the catalogue, bit by bit."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from fixedpoint import Format, Overflow, Requantizer, Rounding
from stochastic import (
    ConditionalMultiplier,
    IntegralMultiplier,
    IntegralSng,
    Lfsr,
    Multiplier,
    ParallelCounter,
    Sng,
)
from stochastic.networks import CountedLayer, StreamProduct

# The kernels of these tests take seconds to compile.
pytestmark = pytest.mark.slow

MODES = {
    "xnor": {"encoding": "bipolar"},
    "sign-magnitude": {},
    "conditional bipolar": {"encoding": "bipolar", "multiplier": "conditional"},
    "conditional": {"multiplier": "conditional"},
    "integral": {"range": 2},
    "integral bipolar": {"range": 2, "encoding": "bipolar"},
    "three sets": {"sets": 3},
    "two sets of integral streams": {"range": 2, "sets": 2},
}


def by_circuits(product, x, w):
    """Return the sums over all cycles of the products of codes ``[n, K]``, from circuits."""
    sums, m = np.zeros(x.shape, int), product.range
    for g in range(product.sets):
        chosen = slice(g, None, product.sets)
        generators = (
            every[g * m : (g + 1) * m] for every in (product.activations, product.weights)
        )
        both = (c[:, chosen].ravel() for c in (x, w))
        found = products_by_circuits(product, *both, *generators)
        sums[:, chosen] = found.reshape(len(x), -1)
    return sums


def products_by_circuits(product, x, w, first, second):
    """Return the sum over all cycles of the product of each pair of codes."""
    bipolar, length = product.encoding == "bipolar", product.length
    signs = np.ones_like(x) if bipolar else np.sign(x) * np.sign(w)
    offset = 1 << product.digits if bipolar else 0
    a, b = (np.tile(c + offset if bipolar else abs(c), (length, 1)) for c in (x, w))
    if product.multiplier == "conditional":
        encoding = "bipolar" if bipolar else "unipolar"
        stream = Sng(generator=first[0], encoding=encoding).run({"code": a})[0]["stream"]
        gate = ConditionalMultiplier(generator=second[0], encoding=encoding)
        bits = gate.run({"stream": stream, "code": b})[0]["product"]
        return signs * (2 * bits - 1 if bipolar else bits).sum(axis=0)
    if product.range == 1:
        encoding = "bipolar" if bipolar else "unipolar"
        streams = {
            name: Sng(generator=g[0], encoding=encoding).run({"code": c})[0]["stream"]
            for name, g, c in (("a", first, a), ("b", second, b))
        }
        bits = Multiplier(encoding=encoding).run(streams)[0]["product"]
        # Parallel counter of one lane over all cycles, one cycle more to see the last bit.
        counter = ParallelCounter(fan_in=1, width=16)
        ones = counter.run({"streams": np.pad(bits, ((0, 1), (0, 0)))})[0]["total"][-1]
        return signs * (2 * ones - length if bipolar else ones)
    encoding = "bipolar" if bipolar else "unipolar"
    integers = {
        name: IntegralSng(stream_generators=g, encoding=encoding).run({"code": c})[0]["value"]
        for name, g, c in (("a", first, a), ("b", second, b))
    }
    m = product.range
    gate = IntegralMultiplier(range_a=m, range_b=m, encoding_a=encoding, encoding_b=encoding)
    return signs * gate.run(integers)[0]["product"].sum(axis=0)


def expected_outputs(layer, x):
    """Return the outputs of a convolution from circuits, one product at a time."""
    product, groups = layer.product, layer.geometry["groups"]
    q, frac = product.digits, layer.input_format.frac_bits
    codes = np.rint(np.ldexp(x.numpy().astype(float), frac)).astype(int)
    (top, left), (down, right) = layer.geometry["padding"], layer.geometry["stride"]
    codes = np.pad(codes, ((0, 0), (0, 0), (top, top), (left, left)))
    weight = layer.weight.detach().double().numpy()
    outputs, inner, height, width = weight.shape
    found = []
    for j in range(outputs):
        exponent = math.ceil(math.log2(abs(weight[j]).max()))
        kernel = np.array([round(v * 2.0 ** (q - exponent)) for v in weight[j].ravel()])
        step = 2.0 ** (q - frac + exponent) / product.full_scale
        start = round(layer.bias[j].item() / step)
        begin = j // (outputs // groups) * inner
        rows = (codes.shape[2] - height) // down + 1
        columns = (codes.shape[3] - width) // right + 1
        sums = np.zeros((len(x), rows, columns), int)
        for r in range(rows):
            for c in range(columns):
                window = codes[
                    :, begin : begin + inner,
                    r * down : r * down + height, c * right : c * right + width,
                ].reshape(len(x), -1)  # fmt: skip
                both = np.broadcast_arrays(window, kernel)
                sums[:, r, c] = by_circuits(product, *both).sum(axis=1)
        source = Format(int_bits=24 + round(math.log2(step)), frac_bits=-round(math.log2(step)))
        unit = Requantizer(
            source=source,
            target=layer.rounded,
            rounding=Rounding.NEAREST_EVEN,
            overflow=Overflow.SATURATE,
        )
        result = unit.run({"source": (sums + start).reshape(1, -1)})[0]["result"]
        found.append(result.reshape(sums.shape) * float(layer.rounded.resolution))
    return np.stack(found, axis=1)


def small_layer(mode, kind, groups=1):
    """Return a small convolution on streams and inputs of its format."""
    torch.manual_seed(2)
    product = StreamProduct.of(length=16, kind=kind, width=4, **MODES[mode])
    conv = nn.Conv2d(2, 4, (3, 2), stride=(2, 1), padding=(1, 0), groups=groups)
    with torch.no_grad():
        # Some outputs saturate.
        conv.weight *= 3
    digits = product.digits
    source = Format(int_bits=2, frac_bits=digits - 1)
    target = Format(int_bits=1, frac_bits=digits)
    layer = CountedLayer(conv, product, source, target)
    low, high = source.minimum_code, source.maximum_code
    x = torch.randint(low, high + 1, (2, 2, 3, 3)) * float(source.resolution)
    return layer, x


@pytest.mark.parametrize("kind", ["lfsr", "sobol"])
@pytest.mark.parametrize("mode", MODES)
def test_outputs_are_those_of_the_circuits(mode, kind):
    layer, x = small_layer(mode, kind)
    with torch.no_grad():
        found = layer(x).numpy()
    expected = expected_outputs(layer, x)
    np.testing.assert_array_equal(found, expected)
    # Other generators give other bits.
    layer.product = StreamProduct.of(length=16, kind=kind, width=4, seed=9, **MODES[mode])
    if kind == "lfsr":
        with torch.no_grad():
            assert (layer(x).numpy() != expected).any()


def test_grouped_convolution():
    layer, x = small_layer("integral", "lfsr", groups=2)
    with torch.no_grad():
        np.testing.assert_array_equal(layer(x).numpy(), expected_outputs(layer, x))


def test_both_orders_of_look_up_agree():
    # Many weights and few pixels, and the reverse: each takes another order of look-ups.
    rng = np.random.default_rng(1)
    product = StreamProduct.of(length=64)
    places = rng.integers(0, len(product.table), (400, 30)).astype(np.uint16)
    few = rng.integers(0, len(product.table), (30, 5)).astype(np.uint16)
    layer = CountedLayer(
        nn.Linear(30, 400), product, Format(int_bits=1, frac_bits=product.digits)
    )
    expected = product.table[few.T[:, None, :], places[None]].sum(axis=2).T
    for kernels, columns, wanted in ((places, few, expected), (few.T, places.T, None)):
        found = layer._look_up(np.ascontiguousarray(kernels), np.ascontiguousarray(columns))
        if wanted is None:
            wanted = product.table[columns.T[None], kernels[:, None]].sum(axis=2)
        assert (found + 30 * product.lowest == wanted).all()


def test_sum_of_a_linear_layer_is_exact_without_output_format():
    product = StreamProduct.of(length=16, kind="sobol", width=4)
    linear = nn.Linear(2, 1)
    with torch.no_grad():
        linear.weight[:] = torch.tensor([[0.5, -0.25]])
        linear.bias[:] = 0.3
    layer = CountedLayer(linear, product, Format(int_bits=1, frac_bits=4))
    # Weights are scaled by 1/2: codes 16 and -8. A full-scale weight gives its factor.
    x = torch.tensor([[0.75, 0.0]])
    with torch.no_grad():
        # The step is 2^-5: the bias is 10 of them, and the product 12.
        assert layer(x).tolist() == [[(10 + 12) / 32]]


def test_gradient_passes_straight_through():
    layer, x = small_layer("sign-magnitude", "sobol")
    x = x.clone().requires_grad_()
    y = layer(x)
    y.sum().backward()
    low, high = float(layer.rounded.minimum), float(layer.rounded.maximum)
    passes = ((y > low) & (y < high)).float().detach()
    assert 0 < passes.mean() < 1
    expected = torch.autograd.grad(
        (nn.functional.conv2d(x, layer.weight, layer.bias, **layer.geometry) * passes).sum(), x
    )[0]
    torch.testing.assert_close(x.grad, expected)


def test_codes_follow_changed_weights():
    layer, x = small_layer("sign-magnitude", "sobol")
    with torch.no_grad():
        before = layer(x)
        layer.weight.mul_(-1)
        layer.bias.mul_(-1)
        after = layer(x)
        assert (after != before).any()
        np.testing.assert_array_equal(after.numpy(), expected_outputs(layer, x))
        # Another parameter, of the same version as the first one had.
        layer.bias = nn.Parameter(layer.bias + 0.25)
        np.testing.assert_array_equal(layer(x).numpy(), expected_outputs(layer, x))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"length": 0}, "length of streams must be between 1 and 16384, not 0"),
        ({"range": 0}, "range of streams must be between 1 and 16, not 0"),
        ({"encoding": "unipolar"},
         "encoding of a network must be one of sign-magnitude, bipolar, not 'unipolar'"),
        ({"multiplier": "and"}, "multiplier of a network must be one of gate, conditional, "
         "not 'and'"),
        ({"kind": "halton"}, "generators of a network must be one of lfsr, sobol, "
         "not 'halton'"),
        ({"range": 2, "multiplier": "conditional"},
         "conditional multipliers take range 1, not 2"),
        ({"width": 13}, "width of a network's generators must be between 3 and 12, not 13"),
    ],
)  # fmt: skip
def test_bad_multipliers(options, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        StreamProduct.of(**{"length": 16, **options})


def test_bad_layers():
    fmt = Format(int_bits=1, frac_bits=4)
    message = "length times the square of range must be a power of two, not 24"
    with pytest.raises(ValueError, match=f"^{message}$"):
        CountedLayer(nn.Linear(2, 1), StreamProduct.of(length=24, width=4), fmt)
    layer = CountedLayer(nn.Linear(2, 1), StreamProduct.of(length=16), fmt)
    message = r"a layer on streams takes 2 features, not inputs of shape \(1, 3\)"
    with pytest.raises(ValueError, match=f"^{message}$"):
        layer(torch.zeros(1, 3))
    message = (
        "a network of range 1 takes a multiple of 1 generators for activations and as many for "
        "weights, not 1 and 2"
    )
    with pytest.raises(ValueError, match=f"^{message}$"):
        StreamProduct(
            length=4, activations=(Lfsr(width=4),), weights=(Lfsr(width=4), Lfsr(width=4))
        )
    product = StreamProduct.of(length=1024, range=8)
    message = "products of streams must span at most 65535 counts, not 131072"
    with pytest.raises(ValueError, match=f"^{message}$"):
        CountedLayer(nn.Linear(2, 1), product, format_of_wide())(torch.zeros(1, 2))


def format_of_wide():
    """Return the format of ten digits."""
    return Format(int_bits=1, frac_bits=10)
