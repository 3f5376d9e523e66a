"""Convolutions in roles, forward and backward, against integers."""

from fractions import Fraction

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from torch import nn

from fixedpoint import Format, Overflow, Rounding, WordReader
from fixedpoint.arrays import quantize
from fixedpoint.layers import (
    Role,
    Roles,
    choose_format,
    with_roles,
)
from fixedpoint.layers.layer_sums import Geometry
from fixedpoint.layers.training import convolution_products as products
from fixedpoint.layers.training.convolution_products import forward_product
from fixedpoint.layers.training.tensor_codes import CodeTensor
from stochastic import Lfsr
from tests.support.role_cases import CASES
from tests.support.training_roles import EIGHT

# The kernels take long to compile.
pytestmark = pytest.mark.slow


def rounded(values, role, reader=None):
    """Return values in a role as NumPy's integers, and their resolution, apart from torch."""
    if role.frac_bits is None:
        fmt = choose_format(values, role.width, method="maximum")
    else:
        fmt = Format(int_bits=role.width - role.frac_bits, frac_bits=role.frac_bits)
    # Words are drawn for the channels of a pixel side by side.
    lying = np.moveaxis(values, 1, -1) if values.ndim == 4 else values
    array = quantize(lying, fmt, role.rounding, Overflow.SATURATE, bits=reader)
    codes = array.codes.astype(object)
    return np.moveaxis(codes, -1, 1) if values.ndim == 4 else codes, fmt.resolution


def values_of(codes, resolution):
    return np.array([float(int(c) * resolution) for c in codes.flat]).reshape(codes.shape)


def naive(x, weight, bias, sent, stride, padding, groups, roles, reader):
    """Compute a convolution and its gradients in Python's integers, by loops."""
    a, a_step = rounded(x, roles.activation, reader)
    w, w_step = rounded(weight, roles.weight, reader)
    images, channels, height, width = a.shape
    outputs, inner, high, wide = w.shape
    rows = (height + 2 * padding - high) // stride + 1
    columns = (width + 2 * padding - wide) // stride + 1
    held = np.zeros(outputs) if bias is None else bias / float(a_step * w_step)
    starts = [int(v) for v in quantize(held, Format(int_bits=48, frac_bits=0)).codes]
    padded = np.zeros((images, channels, height + 2 * padding, width + 2 * padding), object)
    padded[:, :, padding : padding + height, padding : padding + width] = a

    def places():
        for n, o, i, j in np.ndindex(images, outputs, rows, columns):
            group = o // (outputs // groups)
            for c, p, q in np.ndindex(inner, high, wide):
                yield (
                    (n, o, i, j),
                    (o, c, p, q),
                    (n, group * inner + c, i * stride + p, j * stride + q),
                )

    sums = np.zeros((images, outputs, rows, columns), object)
    for place in np.ndindex(sums.shape):
        sums[place] = starts[place[1]]
    for out, kernel, source in places():
        sums[out] += w[kernel] * padded[source]
    made = rounded(values_of(sums, a_step * w_step), roles.sum, reader)
    e, e_step = rounded(sent, roles.error, reader)
    weight_gradient, leaving = np.zeros(w.shape, object), np.zeros(padded.shape, object)
    for out, kernel, source in places():
        weight_gradient[kernel] += e[out] * padded[source]
        leaving[source] += e[out] * w[kernel]
    leaving = leaving[:, :, padding : padding + height, padding : padding + width]
    return (
        made,
        rounded(values_of(weight_gradient, e_step * a_step), roles.gradient, reader),
        None
        if bias is None
        else rounded(values_of(e.sum((0, 2, 3)), e_step), roles.gradient, reader),
        rounded(values_of(leaving, e_step * w_step), roles.error, reader),
    )


def check_against_integers(layer, roles, shape):
    """Compare a convolution and its gradients with loops over Python's integers."""
    rng = np.random.default_rng(3)
    x = torch.from_numpy(rng.normal(0, 1, shape).astype(np.float32)).requires_grad_(True)
    made = with_roles(layer, roles, bits=Lfsr(width=16, seed=9))
    out = made(x)
    sent = torch.from_numpy(rng.normal(0, 1e-3, out.shape).astype(np.float32))
    out.backward(sent)
    expected = naive(
        x.detach().numpy(),
        layer.weight.detach().numpy(),
        None if layer.bias is None else layer.bias.detach().numpy(),
        sent.numpy(),
        *(layer.stride[0], layer.padding[0], layer.groups, roles),
        WordReader(Lfsr(width=16, seed=9)),
    )
    found = (out, made.weight.grad, None if layer.bias is None else made.bias.grad, x.grad)
    for tensor, pair in zip(found, expected, strict=True):
        if pair is None:
            assert tensor is None
            continue
        codes, resolution = pair
        assert tensor.dtype == torch.float32
        assert [Fraction(v) for v in tensor.flatten().tolist()] == [
            int(c) * resolution for c in codes.flat
        ]


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("groups", [1, 2])
def test_a_convolution_equals_integers_forward_and_backward(name, groups):
    layer = nn.Conv2d(2, 4, 3, stride=2, padding=1, groups=groups)
    check_against_integers(layer, CASES[name], (2, 2, 5, 6))


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize(("stride", "padding"), [(1, 1), (2, 0), (2, 2)])
def test_a_depthwise_convolution_equals_integers(name, stride, padding):
    layer = nn.Conv2d(3, 3, 3, stride=stride, padding=padding, groups=3, bias=False)
    check_against_integers(layer, CASES[name], (2, 3, 5, 4))


def test_biases_are_in_the_products_resolution_however_fine_it_is():
    """Weights and activations of 20 bits, both small, would leave them 2^47 steps of 2^-52."""
    linear, fine = nn.Linear(4, 2), Role(width=20)
    with torch.no_grad():
        linear.weight.mul_(2.0**-9)
        linear.bias.copy_(torch.tensor([0.75, -0.5]))
    roles = Roles(weight=fine, activation=fine, error=fine, gradient=fine)
    x = torch.rand(3, 4, generator=torch.Generator().manual_seed(1)) * 2.0**-8
    found, expected = with_roles(linear, roles)(x), linear(x)
    # A step of sums of 24 bits below 1 is 2^-24 and more; weights' errors come to less.
    torch.testing.assert_close(found, expected, rtol=0, atol=2**-22)


def test_a_lone_channel_is_convolved_right():
    """Lying as if its channels were last, torch alone may add it up wrongly."""
    rng = np.random.default_rng(5)
    x, w = rng.integers(-99, 99, (2, 3, 4, 1)), rng.integers(-99, 99, (1, 3, 3, 1))
    codes = [
        CodeTensor(
            torch.from_numpy(c.astype(np.float32)).permute(0, 3, 1, 2), Format.parse("sQ8.0")
        )
        for c in (x, w)
    ]
    made = forward_product(*codes, None, Geometry(stride=(1, 2), padding=(2, 0)))
    padded = np.pad(x[..., 0], ((0, 0), (2, 2), (0, 0)))
    sums = [
        [int(np.sum(image[y : y + 3, :3] * w[0, ..., 0])) for y in range(5)] for image in padded
    ]
    assert made[:, 0, :, 0].tolist() == sums


def test_a_gradient_over_many_images_is_summed_in_parts(monkeypatch):
    # 4 x 16 x 16 products of 255 x 127 are 33 million: over 2^24, but half of them are not.
    a = torch.full((4, 2, 16, 16), 255.0)
    e = torch.full((4, 3, 16, 16), 127.0)
    a[1, 1], e[2, 0] = 0.0, -127.0
    calls = []
    original = products._gradient
    monkeypatch.setattr(
        products, "_gradient", lambda *given: calls.append(given[3]) or original(*given)
    )
    found = products.gradient_product(
        CodeTensor(a, Format.parse("uQ8.0")),
        CodeTensor(e, Format.parse("sQ8.0")),
        (3, 2, 1, 1),
        Geometry(),
    )
    images = 255 * 127 * 256
    expected = [[images * 2, images], [images * 4, images * 3], [images * 4, images * 3]]
    assert found[:, :, 0, 0].tolist() == expected
    assert calls == [torch.float32] * 2


@pytest.mark.parametrize("rounding", Rounding)
def test_sums_of_huge_products_that_cancel_are_zero(rounding):
    """Their scale, 2^170, is beyond float32; zero times it is not."""
    layer = nn.Linear(2, 1, bias=False)
    nn.init.constant_(layer.weight, 2.0**85)
    eight, sums = Role(width=8), Role(width=8, rounding=rounding)
    roles = Roles(weight=eight, activation=eight, error=eight, gradient=eight, sum=sums)
    made = with_roles(layer, roles, bits=Lfsr(width=8))
    with torch.no_grad():
        assert made(torch.tensor([[2.0**85, -(2.0**85)]])).item() == (
            2.0**-8 if rounding is Rounding.JAM else 0.0
        )


def test_a_linear_layer_is_a_convolution_of_one_pixel():
    torch.manual_seed(1)
    linear, conv = nn.Linear(5, 3), nn.Conv2d(5, 3, 1)
    with torch.no_grad():
        conv.weight.copy_(linear.weight[:, :, None, None])
        conv.bias.copy_(linear.bias)
    one, other = with_roles(linear, EIGHT), with_roles(conv, EIGHT)
    x = torch.randn(2, 4, 5, requires_grad=True)
    y = x.detach().reshape(8, 5, 1, 1).requires_grad_(True)
    first, second = one(x), other(y)
    assert first.flatten().tolist() == second.flatten().tolist()
    sent = torch.randn(2, 4, 3)
    first.backward(sent)
    second.backward(sent.reshape(8, 3, 1, 1))
    assert x.grad.flatten().tolist() == y.grad.flatten().tolist()
    assert one.weight.grad.flatten().tolist() == other.weight.grad.flatten().tolist()
    assert one.bias.grad.tolist() == other.bias.grad.tolist()
