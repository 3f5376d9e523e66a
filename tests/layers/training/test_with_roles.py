"""Training in fixed point: every tensor on its grid, every sum exact, and networks learn."""

import re
from fractions import Fraction

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch import nn
from torch.nn import functional

from fixedpoint import Format, Overflow, Rounding, WordReader
from fixedpoint.arrays import quantize
from fixedpoint.layers import (
    Cast,
    CrossEntropy,
    Role,
    Roles,
    choose_format,
    convert,
    round_after_step,
    round_parameters,
    with_roles,
)
from fixedpoint.layers.layer_sums import Geometry
from fixedpoint.layers.training import convolution_products as products
from fixedpoint.layers.training.addition import RoleFork, RoleSum
from fixedpoint.layers.training.base import POINTS, RoleLayer
from fixedpoint.layers.training.batch_norm import RoleNorm
from fixedpoint.layers.training.convolution import RoleConv2d
from fixedpoint.layers.training.convolution_products import forward_product
from fixedpoint.layers.training.tensor_codes import Codes, extremes, round_in_float
from stochastic import Lfsr, Xorshift32
from stochastic.training import NETWORKS, training_roles
from tests.support.training_roles import EIGHT, RANDOM


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


CASES = {
    "nearest": EIGHT,
    "fixed formats": Roles(
        weight=Role(width=6, frac_bits=4),
        activation=Role(width=6, frac_bits=3),
        error=Role(width=6, frac_bits=5),
        gradient=Role(width=10, frac_bits=4),
    ),
    "stochastic": Roles(
        weight=RANDOM, activation=RANDOM, error=RANDOM, gradient=RANDOM, sum=RANDOM
    ),
    "wide, in float64": Roles(
        weight=Role(width=20),
        activation=Role(width=20),
        error=Role(width=20),
        gradient=Role(width=24),
    ),
}


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
        Codes(torch.from_numpy(c.astype(np.float32)).permute(0, 3, 1, 2), Format.parse("sQ8.0"))
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
        Codes(a, Format.parse("uQ8.0")), Codes(e, Format.parse("sQ8.0")), (3, 2, 1, 1),
        Geometry(),
    )  # fmt: skip
    images = 255 * 127 * 256
    expected = [[images * 2, images], [images * 4, images * 3], [images * 4, images * 3]]
    assert found[:, :, 0, 0].tolist() == expected
    assert calls == [torch.float32] * 2


@pytest.mark.parametrize("rounding", Rounding)
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_rounding_in_float_equals_the_exact_one(rounding, kind):
    rng = np.random.default_rng(0)
    eighths = np.arange(-80, 81) / 8
    above = np.nextafter(eighths, 9, dtype=kind)
    edges = [0.0, -0.0, 1e-30, -1e-30, 1e6, -1e6]
    values = np.concatenate((eighths, above, edges, rng.normal(0, 3, 300)), dtype=kind)
    for name, width in (("sQ4.1", 3), ("uQ3.2", 32), ("sQ10.-6", 17), ("sQ4.20", 8)):
        cast = Cast(format=name, rounding=rounding)
        source = Xorshift32(width=32) if width == 32 else Lfsr(width=width)
        found = round_in_float(torch.from_numpy(values), cast, WordReader(source), 0, 1.0)
        expected = quantize(values, name, rounding, Overflow.SATURATE, bits=source)
        assert found.tolist() == expected.codes.tolist()
        again = round_in_float(torch.from_numpy(values), cast, WordReader(source), -3, 0.5)
        moved = quantize(values * 8, name, rounding, Overflow.SATURATE, bits=source)
        assert (again * 2).tolist() == moved.codes.tolist()


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


def test_words_are_drawn_channel_by_channel_of_each_pixel():
    role = Role(width=6, frac_bits=2, rounding=Rounding.STOCHASTIC)
    x = torch.rand(2, 3, 4, 5)
    found, _ = role.values(x, WordReader(Lfsr(width=9)))
    wanted = quantize(x.permute(0, 2, 3, 1).numpy(), "sQ4.2", role.rounding, bits=Lfsr(width=9))
    assert found.permute(0, 2, 3, 1).tolist() == wanted.to_float().tolist()
    last = x.contiguous(memory_format=torch.channels_last)
    assert torch.equal(role.values(last, WordReader(Lfsr(width=9)))[0], found)


@pytest.mark.parametrize("ends", [(-3.5, 1.0), (0.0, 2.0), (-2.0, -1.0), (-0.0, 0.0)])
@pytest.mark.parametrize("kind", [torch.float32, torch.float64])
def test_extremes_are_those_of_the_numbers_and_zero(ends, kind):
    x = torch.linspace(*ends, 7, dtype=kind)
    assert extremes(x) == (min(ends[0], 0.0), max(ends[1], 0.0))
    assert extremes(x[:0]) == (0.0, 0.0)
    for wrong in (float("nan"), -float("nan"), float("inf"), -float("inf")):
        sentence = "a role takes finite numbers, not NaN or infinity"
        with pytest.raises(ValueError, match=f"^{sentence}$"):
            extremes(torch.tensor([0.0, wrong, 1.0], dtype=kind))


def bits_of(values):
    """Return how many bits the codes of a tensor need: a sign bit where one is negative."""
    numbers = values.detach().double().numpy().ravel()
    numbers = numbers[numbers != 0]
    if not len(numbers):
        return 0
    mantissas, exponents = np.frexp(numbers)
    whole = (mantissas * 2.0**53).astype(np.int64)
    lowest = exponents - 53 + np.log2(whole & -whole).astype(int)
    # In units of the lowest bit that any number has.
    codes = [int(end) for end in np.ldexp((numbers.min(), numbers.max()), -lowest.min())]
    sizes = [(code if code >= 0 else -code - 1).bit_length() for code in codes]
    return max(sizes) + (codes[0] < 0)


@pytest.mark.parametrize(
    ("values", "bits"),
    [
        ([0.0], 0),
        ([0.25, 0.75], 2),
        ([127.0, -128.0], 8),
        ([128.0, -1.0], 9),
        ([255 * 2.0**-30, 2.0**-30], 8),
        ([3 * 2.0**40, -(2.0**42)], 3),
    ],
)
def test_the_bits_that_a_tensor_needs(values, bits):
    assert bits_of(torch.tensor(values)) == bits


def broken_points(made, x, widths):
    """Return the layers and points at which a training step leaves the widths given."""
    broken = []

    def check(name, point, tensor):
        if bits_of(tensor) > widths[point]:
            broken.append((name, point))

    for name, layer in made.named_modules():
        if not isinstance(layer, RoleLayer):
            continue
        original = layer.codes

        def codes(point, *given, name=name, original=original, **options):
            found = original(point, *given, **options)
            check(name, POINTS[point], found.tensor)
            return found

        def gone(layer, taken, given, name=name):
            for tensor in given if isinstance(given, tuple) else (given,):
                check(name, "sum", tensor)

        def sent(layer, leaving, arriving, name=name):
            for tensor in leaving:
                if tensor is not None:
                    check(name, "error", tensor)

        layer.codes = codes
        layer.register_forward_hook(gone)
        if name != "0":
            layer.register_full_backward_hook(sent)
    loss = CrossEntropy(training_roles("8-bit"), bits=Lfsr(width=17))
    logits = made(x)
    logits.register_hook(lambda error: check("loss", "error", error))
    loss(logits, torch.arange(len(x)) % 10).backward()
    for name, parameter in made.named_parameters():
        check(name, "gradient", parameter.grad)
    return broken


WIDTHS = {"activation": 8, "weight": 8, "sum": 16, "error": 8, "gradient": 8}


@pytest.mark.parametrize("name", NETWORKS)
def test_every_tensor_of_a_network_is_in_its_role(name):
    torch.manual_seed(2)
    model = NETWORKS[name](width=0.05).to(memory_format=torch.channels_last)
    made = with_roles(model, training_roles("8-bit"), bits=Lfsr(width=17))
    assert broken_points(made, torch.randn(2, 1, 28, 28), WIDTHS) == []
    layers = [m for m in made.modules() if isinstance(m, RoleLayer)]
    layers = [layer for layer in layers if not isinstance(layer, RoleFork | RoleSum)]
    kinds = (nn.Conv2d, nn.Linear, nn.BatchNorm2d, nn.AdaptiveAvgPool2d)
    assert len(layers) == sum(isinstance(layer, kinds) for layer in model.modules())


@pytest.mark.parametrize("point", ["activation", "weight", "sum", "error", "gradient"])
def test_a_layer_in_a_wrong_format_is_noticed(point):
    torch.manual_seed(2)
    roles = training_roles("8-bit")
    made = with_roles(NETWORKS["vgg16"](width=0.05), roles, bits=Lfsr(width=17))
    kind = RoleNorm if point == "sum" else RoleConv2d
    name, wrong = [one for one in made.named_modules() if isinstance(one[1], kind)][3]
    wider = getattr(roles, point).replace(width=WIDTHS[point] + 4)
    wrong.roles = roles.replace(**{point: wider})
    found = broken_points(made, torch.randn(2, 1, 28, 28), WIDTHS)
    assert {broken.removesuffix(".weight") for broken, _ in found} == {name}
    assert point in {at for _, at in found}


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


def test_a_role_takes_the_finest_scale_that_holds_the_tensor():
    role = Role(width=8)
    for values, name in (
        ([0.4, -0.2], "sQ0.8"),
        ([0.4, 0.2], "uQ-1.9"),
        ([-3.0, 1.0], "sQ3.5"),
        ([1e-6, -1e-9], "sQ-18.26"),
        ([0.0, 0.0], "uQ0.8"),
        ([1e-40, -1e-36], "sQ-92.100"),  # no finer, so that float32 holds all values
    ):
        assert str(role.cast_for(torch.tensor(values)).format) == name
    fixed = Role(width=8, frac_bits=3)
    assert str(fixed.cast_for(torch.tensor([1e-6])).format) == "sQ5.3"


def clouds(seed):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 4, 400)
    images = rng.normal(0, 0.5, (400, 1, 6, 6)).astype(np.float32)
    for label, (i, j) in enumerate(((0, 0), (0, 3), (3, 0), (3, 3))):
        images[labels == label, 0, i : i + 3, j : j + 3] += 0.8
    return torch.from_numpy(images), torch.from_numpy(labels)


@pytest.mark.parametrize("norm", [True, False])
def test_a_network_learns_in_eight_bits(norm):
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1),
        *([nn.BatchNorm2d(8)] if norm else []),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 8, 3),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(8, 4),
    )
    stochastic = Role(width=8, rounding=Rounding.STOCHASTIC)
    roles = Roles(
        weight=Role(width=8),
        activation=Role(width=8),
        error=stochastic,
        gradient=Role(width=12),
    )
    made = with_roles(model, roles, bits=Lfsr(width=24, seed=1))
    optimizer = torch.optim.SGD(made.parameters(), lr=0.05, momentum=0.875)
    stored = Cast(format="sQ3.13", rounding=Rounding.STOCHASTIC)
    round_after_step(optimizer, stored, bits=Lfsr(width=23, seed=5))
    images, labels = clouds(1)
    for _ in range(6):
        for batch in range(0, 400, 40):
            optimizer.zero_grad()
            part = slice(batch, batch + 40)
            functional.cross_entropy(made(images[part]), labels[part]).backward()
            optimizer.step()
            for parameter in made.parameters():
                codes = parameter.detach().double() * 2.0**13
                assert torch.equal(codes, codes.round())
    tests, true = clouds(2)
    made.eval()
    with torch.no_grad():
        right = int((made(tests).argmax(1) == true).sum())
    # Guesses are right once in four: 400 of them 134 times at four standard deviations.
    assert right > 300
    # The trained parameters go back into the float network, and that into fixed point.
    model.load_state_dict(made.state_dict())
    converted = convert(model, images, bits=8)
    with torch.no_grad():
        assert int((converted(tests).argmax(1) == true).sum()) > 300


def test_the_same_words_give_the_same_bits():
    images, labels = clouds(1)

    def trained(seed):
        torch.manual_seed(0)
        model = nn.Sequential(nn.Flatten(), nn.Linear(36, 4))
        made = with_roles(model, CASES["stochastic"], bits=Lfsr(width=16, seed=seed))
        optimizer = torch.optim.SGD(made.parameters(), lr=0.1)
        for _ in range(3):
            optimizer.zero_grad()
            functional.cross_entropy(made(images), labels).backward()
            optimizer.step()
        return made.get_submodule("1").weight.detach().numpy().tobytes()

    assert trained(1) == trained(1) != trained(2)


def test_parameters_are_rounded_in_place():
    parameters = [torch.tensor([0.3, 5.0]), torch.tensor([[-0.3]])]
    round_parameters(parameters, Cast(format="sQ2.2"))
    assert [p.tolist() for p in parameters] == [[0.25, 1.75], [[-0.25]]]
    source = Lfsr(width=8, seed=1)
    cast = Cast(format="sQ2.2", rounding=Rounding.STOCHASTIC)
    parameters = [torch.full((40,), 0.3), torch.full((2, 5), 0.3)]
    round_parameters(parameters, cast, bits=source)
    made = torch.cat([p.flatten() for p in parameters]).numpy()
    expected = quantize(np.full(50, np.float32(0.3)), "sQ2.2", cast.rounding, bits=source)
    assert made.tolist() == expected.to_float().tolist()


@pytest.mark.parametrize(
    "make, error, sentence",
    [
        (lambda: Role(width=1), ValueError, "Role width must be between 2 and 24, not 1"),
        (lambda: Role(width=25), ValueError, "Role width must be between 2 and 24, not 25"),
        (
            lambda: Roles(weight=8, activation=RANDOM, error=RANDOM, gradient=RANDOM),
            TypeError,
            "Roles weight must be a Role, not 8",
        ),
        (
            lambda: with_roles(nn.Linear(1, 1), CASES["stochastic"]),
            TypeError,
            "STOCHASTIC rounding needs bits=, a word source such as an LFSR",
        ),
        (
            lambda: round_parameters([torch.ones(1)], Cast(format="sQ5.20")),
            ValueError,
            "float32 parameters hold formats of at most 24 bits, not sQ5.20",
        ),
        (
            lambda: with_roles(nn.Linear(1, 1), EIGHT)(torch.tensor([[float("nan")]])),
            ValueError,
            "a role takes finite numbers, not NaN or infinity",
        ),
    ],
)
def test_bad_input(make, error, sentence):
    with pytest.raises(error, match=f"^{re.escape(sentence)}$"):
        make()
