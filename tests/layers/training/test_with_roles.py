"""Training in fixed point: every tensor on its grid, every sum exact, and networks learn."""

import re

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch import nn
from torch.nn import functional

from fixedpoint import Overflow, Rounding, WordReader
from fixedpoint.arrays import quantize
from fixedpoint.layers import (
    Cast,
    CrossEntropy,
    Role,
    Roles,
    convert,
    round_after_step,
    round_parameters,
    with_roles,
)
from fixedpoint.layers.training.addition import RoleFork, RoleSum
from fixedpoint.layers.training.base import ROLE_OF_POINT, RoleLayer
from fixedpoint.layers.training.batch_norm import RoleNorm
from fixedpoint.layers.training.convolution import RoleConv2d
from fixedpoint.layers.training.tensor_codes import extremes, round_in_float
from stochastic import Lfsr, Xorshift32
from stochastic.training import NETWORKS, training_roles
from tests.support.role_cases import CASES
from tests.support.training_roles import EIGHT, RANDOM

# The kernels take long to compile.
pytestmark = pytest.mark.slow


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
        assert not found[found == 0].signbit().any()
        again = round_in_float(torch.from_numpy(values), cast, WordReader(source), -3, 0.5)
        moved = quantize(values * 8, name, rounding, Overflow.SATURATE, bits=source)
        assert (again * 2).tolist() == moved.codes.tolist()


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
            check(name, ROLE_OF_POINT[point], found.tensor)
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
