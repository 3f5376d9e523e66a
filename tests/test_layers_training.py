"""Training in fixed point: every tensor on its grid, every sum exact, and networks learn."""

import re
from fractions import Fraction

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402
from torch.nn import functional  # noqa: E402

from fixedpoint import Format, Overflow, Rounding, WordReader, quantize  # noqa: E402
from fixedpoint.layers import (  # noqa: E402
    Cast,
    Role,
    Roles,
    choose_format,
    convert,
    round_after_step,
    round_parameters,
    with_roles,
)
from stochastic import Lfsr  # noqa: E402

EIGHT = Roles(
    weight=Role(width=8),
    activation=Role(width=8),
    error=Role(width=8, rounding=Rounding.NEAREST_UP),
    gradient=Role(width=12, rounding=Rounding.TRUNCATE),
    sum=Role(width=16),
)


def rounded(values, role, reader=None):
    """Return values in a role as NumPy's integers, and their resolution, apart from torch."""
    if role.frac_bits is None:
        fmt = choose_format(values, role.width, method="maximum")
    else:
        fmt = Format(int_bits=role.width - role.frac_bits, frac_bits=role.frac_bits)
    array = quantize(values, fmt, role.rounding, Overflow.SATURATE, bits=reader)
    return array.codes.astype(object), fmt.resolution


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
    starts = [
        int(v)
        for v in quantize(bias / float(a_step * w_step), Format(int_bits=48, frac_bits=0)).codes
    ]
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
        rounded(values_of(e.sum((0, 2, 3)), e_step), roles.gradient, reader),
        rounded(values_of(leaving, e_step * w_step), roles.error, reader),
    )


RANDOM = Role(width=6, rounding=Rounding.STOCHASTIC)
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


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("groups", [1, 2])
def test_a_convolution_equals_integers_forward_and_backward(name, groups):
    roles = CASES[name]
    rng = np.random.default_rng(3)
    layer = nn.Conv2d(2, 4, 3, stride=2, padding=1, groups=groups)
    x = torch.from_numpy(rng.normal(0, 1, (2, 2, 5, 6)).astype(np.float32)).requires_grad_(True)
    made = with_roles(layer, roles, bits=Lfsr(width=16, seed=9))
    out = made(x)
    sent = torch.from_numpy(rng.normal(0, 1e-3, out.shape).astype(np.float32))
    out.backward(sent)
    expected = naive(
        x.detach().numpy(),
        layer.weight.detach().numpy(),
        layer.bias.detach().numpy(),
        sent.numpy(),
        2, 1, groups, roles, WordReader(Lfsr(width=16, seed=9)),
    )  # fmt: skip
    found = (out, made.weight.grad, made.bias.grad, x.grad)
    for tensor, (codes, resolution) in zip(found, expected, strict=True):
        assert tensor.dtype == torch.float32
        assert [Fraction(v) for v in tensor.flatten().tolist()] == [
            int(c) * resolution for c in codes.flat
        ]


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
        return made[1].weight.detach().numpy().tobytes()

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
            "a format is chosen for finite numbers, not for NaN or infinity",
        ),
    ],
)
def test_bad_input(make, error, sentence):
    with pytest.raises(error, match=f"^{re.escape(sentence)}$"):
        make()
