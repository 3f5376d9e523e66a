"""Batch normalization, means, additions, dropout and the loss in roles, against fractions."""

import copy
import math
import operator
import re
from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch import nn
from torch.nn import functional

from fixedpoint import Format, Overflow, Rounding, WordReader
from fixedpoint.layers import CrossEntropy, Role, Roles, choose_format, with_roles
from fixedpoint.layers.training.addition import RoleFork, RoleSum
from fixedpoint.layers.training.base import RoleLayer
from fixedpoint.layers.training.batch_norm import _floats, _inverse_root
from stochastic import Lfsr
from stochastic.training import NETWORKS, training_roles
from tests.support.quantization import fitted, rounded
from tests.support.training_roles import EIGHT, RANDOM

# Bits that the expected values keep of what has no end, and one more that tells of the rest.
PLACES = 300


class Oracle:
    """Rounds arrays of fractions as roles do, by integer division."""

    def __init__(self, roles, seed):
        self.roles, self.reader = roles, WordReader(Lfsr(width=16, seed=seed))

    def format(self, role, *arrays, finest=100):
        if role.frac_bits is not None:
            return Format(int_bits=role.width - role.frac_bits, frac_bits=role.frac_bits)
        numbers = [float(v) for array in arrays for v in array.flat]
        fmt = choose_format(numbers, role.width, method="maximum")
        frac_bits = min(finest, fmt.frac_bits, 100)
        return fmt.replace(int_bits=fmt.width - frac_bits, frac_bits=frac_bits)

    def codes(self, name, array, *, finest=100, fmt=None):
        """Return integers, and the bits of fraction that they have."""
        role = getattr(self.roles, name)
        fmt = fmt or self.format(role, array, finest=finest)
        last = np.moveaxis(array, 1, -1) if array.ndim == 4 else array
        random = role.rounding is Rounding.STOCHASTIC
        words = self.reader.read(last.size) if random else np.zeros(last.size, int)
        made = np.empty(last.size, object)
        for i, (value, word) in enumerate(zip(last.flat, words.tolist(), strict=True)):
            fine = Fraction(value) * 2 ** (fmt.frac_bits + PLACES)
            n = math.floor(fine) | (fine.denominator != 1)
            made[i] = int(rounded(n, PLACES, role.rounding, word, self.reader.width))
        made = fitted(made, fmt, Overflow.SATURATE)[0].reshape(last.shape)
        return (np.moveaxis(made, -1, 1) if array.ndim == 4 else made), fmt.frac_bits

    def values(self, name, array, **options):
        made, frac_bits = self.codes(name, array, **options)
        return made * Fraction(2) ** -frac_bits


def fractions(tensor):
    held = tensor.detach().double().numpy()
    return np.array([Fraction(v) for v in held.flat], object).reshape(held.shape)


def along(channels):
    """Return numbers of channels so that they go with ``[images, channels, rows, columns]``."""
    return np.array(channels, object)[None, :, None, None]


def inverse_root(v):
    with localcontext(prec=120):
        return Fraction(1 / (Decimal(v.numerator) / Decimal(v.denominator)).sqrt())


def naive_norm(oracle, norm, x, sent, training=True):
    """Compute batch normalization and its gradients in fractions, as its notes state."""
    finest = 100
    if not training:
        largest = float(norm.running_mean.abs().max())
        if largest:
            finest = oracle.roles.sum.width - 1 - math.frexp(largest)[1]
    a, bits = oracle.codes("sum", fractions(x), finest=finest)
    unit, count = Fraction(2) ** -bits, a[:, 0].size
    if training:
        mean = [round(Fraction(int(a[:, c].sum()), count)) for c in range(a.shape[1])]
        d = (a - along(mean)) * unit
        variances = [(d[:, c] ** 2).sum() / count for c in range(a.shape[1])]
    else:
        mean = [round(v / unit) for v in fractions(norm.running_mean)]
        d = (a - along(mean)) * unit
        variances = fractions(norm.running_var)
    roots = [inverse_root(v + Fraction(norm.eps)) for v in variances]
    s = oracle.values("sum", np.array(roots, object))
    u, u_bits = oracle.codes("sum", d * along(s))
    made = u = u * Fraction(2) ** -u_bits
    if norm.affine:
        cap = 100
        if norm.bias.any():
            cap = 51 - u_bits - math.frexp(float(norm.bias.detach().abs().max()))[1]
        g, g_bits = oracle.codes("weight", fractions(norm.weight), finest=cap)
        g = g * Fraction(2) ** -g_bits
        grid = Fraction(2) ** (u_bits + g_bits)
        h = [round(v * grid) for v in fractions(norm.bias)]
        h = [min(max(v, -(2**51)), 2**51 - 1) / grid for v in h]
        made = u * along(g) + along(h)
    out = oracle.values("sum", made)
    e, bits = oracle.codes("error", fractions(sent))
    fine = Fraction(2) ** (bits + 12)
    e = e * Fraction(2) ** -bits
    totals, products = ([t[:, c].sum() for c in range(a.shape[1])] for t in (e, e * u))
    gradients = []
    if norm.affine:
        gradients = [oracle.values("gradient", np.array(t, object)) for t in (products, totals)]
    z = e
    if training:
        r = oracle.values("sum", np.array([p / count for p in products], object))
        means = [round(t / count * fine) / fine for t in totals]
        slopes = np.vectorize(lambda v: round(v * fine) / fine)(u * along(r))
        z = e - along(means) - slopes
    z = oracle.values("sum", z)
    k = oracle.values("sum", s * g) if norm.affine else s
    return out, oracle.values("error", z * along(k)), *gradients


CASES = {
    "nearest": EIGHT,
    "stochastic": Roles(
        weight=RANDOM, activation=RANDOM, error=RANDOM, gradient=RANDOM,
        sum=RANDOM.replace(width=12),
    ),
    "fixed formats": Roles(
        weight=Role(width=6, frac_bits=4),
        activation=Role(width=6, frac_bits=3),
        error=Role(width=6, frac_bits=5),
        gradient=Role(width=10, frac_bits=4),
        sum=Role(width=10, frac_bits=6),
    ),
    "wide": Roles(
        weight=Role(width=24),
        activation=Role(width=24),
        error=Role(width=24, rounding=Rounding.CEIL),
        gradient=Role(width=24, rounding=Rounding.JAM),
        sum=Role(width=24, rounding=Rounding.TO_ZERO),
    ),
}  # fmt: skip


def check(tensors, arrays):
    for tensor, array in zip(tensors, arrays, strict=True):
        assert tensor.dtype == torch.float32
        assert [Fraction(v) for v in tensor.flatten().tolist()] == list(array.flat)


def numbers(seed, *shape, scale=1.0):
    made = np.random.default_rng(seed).normal(0, scale, shape)
    return torch.from_numpy(made.astype(np.float32))


@pytest.mark.parametrize("shape", [(0, 3), (0, 3, 2), (0, 3, 2, 2)])
def test_batch_normalization_of_no_images(shape):
    norm = nn.BatchNorm2d(3) if len(shape) == 4 else nn.BatchNorm1d(3)
    made = with_roles(norm.eval(), EIGHT)
    made(torch.zeros(shape)).sum().backward()
    assert not made.weight.grad.any()


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("name", CASES)
def test_batch_normalization_equals_fractions(name, affine):
    norm = nn.BatchNorm2d(3, affine=affine)
    if affine:
        with torch.no_grad():
            norm.weight.copy_(torch.tensor([1.0, -0.7, 0.03]))
            norm.bias.copy_(torch.tensor([0.1, 2.5, -0.3]))
    made = with_roles(norm, CASES[name], bits=Lfsr(width=16, seed=9))
    oracle = Oracle(CASES[name], 9)
    for training in (True, False):
        made.train(training)
        for p in made.parameters():
            p.grad = None
        x = numbers(1, 2, 3, 4, 5) + 0.4
        sent = numbers(2, 2, 3, 4, 5, scale=0.3 if "fixed" in name else 1e-3)
        x.requires_grad_(True)
        found = made(x)
        found.backward(sent)
        expected = naive_norm(oracle, norm, x, sent, training)
        # The same statistics as torch's, up to the roundings of 10 bits and more.
        norm(x)
        statistics = made.running_mean, made.running_var
        for ours, torchs in zip(statistics, (norm.running_mean, norm.running_var), strict=True):
            torch.testing.assert_close(ours, torchs, rtol=0.02, atol=1e-3)
            torchs.copy_(ours)
        assert torch.equal(made.num_batches_tracked, norm.num_batches_tracked)
        norm.train(False)
        check((found, x.grad, *(p.grad for p in made.parameters())), expected)


@pytest.mark.parametrize("shape", [(5, 3), (2, 3, 7), (2, 3, 7, 1)])
def test_batch_normalization_of_fewer_axes_is_the_same(shape):
    norm = nn.BatchNorm2d(3) if len(shape) == 4 else nn.BatchNorm1d(3)
    made = with_roles(norm, EIGHT)
    x, sent = (numbers(seed, *shape).requires_grad_(seed == 1) for seed in (1, 2))
    found = made(x)
    assert found.shape == x.shape
    found.backward(sent)
    images = [t.reshape(*shape[:2], -1, 1) for t in (x, sent)]
    check(
        [t.reshape(images[0].shape) for t in (found, x.grad)],
        naive_norm(Oracle(EIGHT, 1), nn.BatchNorm2d(3), *images)[:2],
    )


def test_batch_normalization_is_nearly_that_of_torch():
    norm, fine = nn.BatchNorm2d(4), Role(width=24)
    made = with_roles(norm, Roles(weight=fine, activation=fine, error=fine, gradient=fine))
    x = numbers(3, 8, 4, 6, 6, scale=3.0) - 5
    plain, mine = (x.clone().requires_grad_(True) for _ in range(2))
    sent = numbers(4, 8, 4, 6, 6)
    expected, found = norm(plain), made(mine)
    expected.backward(sent)
    found.backward(sent)
    # 24 bits of ranges below 32 are steps of 2^-19 at most, and there are some four of them.
    torch.testing.assert_close(found, expected, rtol=0, atol=2**-17)
    torch.testing.assert_close(mine.grad, plain.grad, rtol=0, atol=2**-17)
    torch.testing.assert_close(made.weight.grad, norm.weight.grad, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(made.bias.grad, norm.bias.grad, rtol=1e-5, atol=1e-5)


def check_odd(found, true):
    """Check that a float is a number's to 52 bits, and one more that tells of the rest."""
    assert abs(Fraction(found) - true) <= abs(true) / 2**51
    if Fraction(found) != true:
        assert Fraction(found) / Fraction(math.ulp(found)) % 4


@pytest.mark.parametrize("v", [(1, 4), (3, 1), (1, 3), (5, 2**90), (7**60, 1), (2**90, 1)])
def test_roots_round_later_as_if_they_had_no_end(v):
    square = Fraction(*v)
    found = _inverse_root(square)
    assert (Fraction(found) ** 2 * square == 1) == (v in ((1, 4), (2**90, 1)))
    check_odd(found, inverse_root(square))


def test_quotients_round_later_as_if_they_had_no_end():
    wanted = [0, 5, -(2**60) - 1, 2**53 + 1, Fraction(1, 3), Fraction(-7, 2**40), 2**70]
    for value, found in zip(wanted, _floats(wanted).tolist(), strict=True):
        check_odd(found, Fraction(value))


@pytest.mark.parametrize("name", ["nearest", "stochastic"])
def test_running_means_far_from_what_comes_in_are_taken_in_evaluation(name):
    norm = nn.BatchNorm2d(2).eval()
    norm.running_mean.copy_(torch.tensor([100.0, -0.25]))
    norm.running_var.copy_(torch.tensor([4.0, 0.5]))
    made = with_roles(norm, CASES[name], bits=Lfsr(width=16, seed=3))
    x, sent = numbers(1, 2, 2, 3, 3, scale=1e-3), numbers(2, 2, 2, 3, 3)
    x.requires_grad_(True)
    found = made(x)
    found.backward(sent)
    expected = naive_norm(Oracle(CASES[name], 3), norm, x, sent, training=False)
    check((found, x.grad, made.weight.grad, made.bias.grad), expected)
    assert found[:, 0].max() < -40


def test_means_of_zero_are_on_every_grid():
    """They leave what comes in as fine as it is, even if it is small."""
    norm = nn.BatchNorm2d(2).eval()
    made = with_roles(norm, EIGHT)
    x, sent = numbers(1, 2, 2, 3, 3, scale=1e-4), numbers(2, 2, 2, 3, 3)
    x.requires_grad_(True)
    found = made(x)
    found.backward(sent)
    expected = naive_norm(Oracle(EIGHT, 1), norm, x, sent, training=False)
    check((found, x.grad, made.weight.grad, made.bias.grad), expected)
    assert made.formats == {}
    torch.testing.assert_close(found, x, rtol=0, atol=1e-7)


@pytest.mark.parametrize("training", [True, False])
def test_no_weights_are_finer_than_roles_state(training):
    norm = nn.BatchNorm2d(2)
    with torch.no_grad():
        norm.weight.copy_(torch.tensor([1e-37, -1e-38]))
        norm.bias.copy_(torch.tensor([1e-30, 0.0]))
        norm.running_mean.fill_(1e-36)
    fine = EIGHT.replace(weight=Role(width=16, rounding=Rounding.JAM))
    made = with_roles(norm.train(training), fine)
    x, sent = numbers(1, 2, 2, 3, 3, scale=1e-33), numbers(2, 2, 2, 3, 3)
    x.requires_grad_(True)
    found = made(x)
    found.backward(sent)
    expected = naive_norm(Oracle(fine, 1), norm, x, sent, training)
    check((found, x.grad, made.weight.grad, made.bias.grad), expected)


def test_shifts_saturate_beside_scales_of_a_fixed_format():
    norm = nn.BatchNorm2d(2)
    with torch.no_grad():
        norm.bias.copy_(torch.tensor([1e30, -1e30]))
    made = with_roles(norm, EIGHT.replace(weight=Role(width=8, frac_bits=6)))
    x, sent = numbers(1, 2, 2, 3, 3), numbers(2, 2, 2, 3, 3)
    x.requires_grad_(True)
    found = made(x)
    found.backward(sent)
    expected = naive_norm(Oracle(made.roles, 1), norm, x, sent)
    check((found, x.grad, made.weight.grad, made.bias.grad), expected)


@pytest.mark.parametrize("side", [-1, 1])
def test_means_of_errors_are_exact_over_many_numbers(side):
    """Sums over counts, in float64, would be ties where they are not quite."""
    count, whole = 393219, 2**23
    # 4096 times the sum is half the count, less or more 1 / 2, above whole times the count.
    rest = (count + side) // 2 * pow(4096, -1, count) % count
    total = whole * count + rest
    exact = round(Fraction(total * 4096, count))
    assert exact == round(total / count * 4096) + side
    sent = torch.full((count, 1), float(whole))
    sent[:rest] += 1
    fine = Role(width=24)
    roles = Roles(weight=fine, activation=fine, error=fine, gradient=fine)
    norm = with_roles(nn.BatchNorm1d(1, eps=1.0, affine=False), roles)
    x = torch.zeros(count, 1, requires_grad=True)
    norm(x).backward(sent)
    found = {Fraction(v) for v in x.grad[:, 0].unique().tolist()}
    assert found == {n - Fraction(exact, 4096) for n in (whole, whole + 1)}


POOLS = {
    "all pixels": (nn.AdaptiveAvgPool2d(1), (5, 4), (5, 5)),
    "thirds": (nn.AvgPool2d(3), (6, 7), (3, 3)),
    "overlapping": (nn.AvgPool2d(3, stride=1, padding=1), (3, 4), (3, 3)),
    "padding not counted": (
        nn.AvgPool2d((2, 3), stride=2, padding=1, count_include_pad=False), (3, 4), None,
    ),
    "sticking out": (nn.AvgPool2d(2, ceil_mode=True), (3, 5), None),
}  # fmt: skip


def windows(layer, rows, columns):
    """Return, for each window, the pixels in it and what it divides by, apart from torch."""
    if isinstance(layer, nn.AdaptiveAvgPool2d):
        every = [(i, j) for i in range(rows) for j in range(columns)]
        return {(0, 0): (every, len(every))}
    pairs = [v if isinstance(v, tuple) else (v, v) for v in
             (layer.kernel_size, layer.stride, layer.padding)]  # fmt: skip
    axes = []
    for size, kernel, stride, padding in zip((rows, columns), *pairs, strict=True):
        places, begin = [], -padding
        while begin + kernel <= size + padding or (
            layer.ceil_mode and begin < size and begin + kernel - stride < size + padding
        ):
            inside = [i for i in range(begin, begin + kernel) if 0 <= i < size]
            counted = [i for i in range(begin, begin + kernel) if i < size + padding]
            places.append((inside, len(counted if layer.count_include_pad else inside)))
            begin += stride
        axes.append(places)
    return {
        (p, q): ([(i, j) for i in over for j in along_], high * wide)
        for p, (over, high) in enumerate(axes[0])
        for q, (along_, wide) in enumerate(axes[1])
    }


@pytest.mark.parametrize("roles", ["nearest", "stochastic", "wide"])
@pytest.mark.parametrize("name", POOLS)
def test_means_equal_fractions(name, roles):
    layer, (rows, columns), _ = POOLS[name]
    x = numbers(5, 2, 3, rows, columns).requires_grad_(True)
    made = with_roles(layer, CASES[roles], bits=Lfsr(width=16, seed=4))
    found = made(x)
    sent = numbers(6, *found.shape)
    found.backward(sent)
    oracle = Oracle(CASES[roles], 4)
    pools = windows(layer, rows, columns)
    a, bits = oracle.codes("sum", fractions(x))
    means = np.empty(found.shape, object)
    counts = np.empty(found.shape, object)
    for place, (inside, count) in pools.items():
        counts[(..., *place)] = count
        for n, c in np.ndindex(2, 3):
            total = sum(a[n, c, i, j] for i, j in inside)
            # A quotient has 53 bits before it is rounded: Python divides integers so.
            means[(n, c, *place)] = Fraction(int(total) / count) * Fraction(2) ** -bits
    out = oracle.values("sum", means)
    e, bits = oracle.codes("error", fractions(sent))
    shares = np.array(
        [Fraction(int(v) / n) for v, n in zip(e.flat, counts.flat, strict=True)], object
    ).reshape(e.shape)
    shares = oracle.values("sum", shares * Fraction(2) ** -bits)
    leaving = np.zeros(x.shape, object)
    for place, (inside, _) in pools.items():
        for i, j in inside:
            leaving[..., i, j] += shares[(..., *place)]
    check((found, x.grad), (out, oracle.values("error", leaving)))


class Residual(nn.Module):
    def forward(self, x, y):
        return x + y


def together(oracle, name, arrays):
    fmt = oracle.format(getattr(oracle.roles, name), *arrays)
    return [oracle.values(name, array, fmt=fmt) for array in arrays]


@pytest.mark.parametrize("name", CASES)
def test_additions_and_forks_equal_fractions(name):
    roles = CASES[name]
    reader = WordReader(Lfsr(width=16, seed=8))
    add, fork = RoleSum(roles, reader), RoleFork(3, roles, reader)
    oracle = Oracle(roles, 8)
    a, b = numbers(1, 2, 3, 2, 2), numbers(2, 2, 3, 2, 2, scale=0.01)
    for x in (a, b):
        x.requires_grad_(True)
    found = add(a, b)
    expected = sum(together(oracle, "sum", (fractions(a), fractions(b))))
    check([found], [oracle.values("sum", expected)])
    sent = numbers(3, 2, 3, 2, 2)
    found.backward(sent)
    error = oracle.values("error", fractions(sent))
    check((a.grad, b.grad), (error, error))
    a.grad = None
    errors = [numbers(seed, 2, 3, 2, 2, scale=10.0**-seed) for seed in range(3)]
    copies = fork(a)
    assert all(torch.equal(one, a) for one in copies)
    torch.autograd.backward(copies, errors)
    total = sum(together(oracle, "sum", [fractions(e) for e in errors]))
    check([a.grad], [oracle.values("error", total)])


@pytest.mark.parametrize("p", [0.0, 0.2, 0.5, 1.0])
def test_dropout_equals_fractions(p):
    roles = CASES["nearest"]
    made = with_roles(nn.Dropout(p), roles)
    x, sent = numbers(1, 40, 3), numbers(2, 40, 3)
    x.requires_grad_(True)
    torch.manual_seed(5)
    found = made(x)
    found.backward(sent)
    torch.manual_seed(5)
    stays = (nn.Dropout(p)(torch.ones(40, 3)) != 0).numpy().astype(int).astype(object)
    # At 1/2 of 120 some stay and some do not but for one in 2^119.
    assert 0 < stays.sum() < 120 or p in (0.0, 1.0)
    oracle = Oracle(roles, 1)
    factor = oracle.values("sum", np.array([1 / (1 - p) if p < 1 else 0.0], object))
    out = oracle.values("sum", oracle.values("sum", fractions(x)) * stays * factor)
    error = oracle.values("error", oracle.values("error", fractions(sent)) * stays * factor)
    check((found, x.grad), (out, error))
    assert torch.equal(made.eval()(x), x)


@pytest.mark.parametrize("name", CASES)
def test_the_errors_of_the_loss_equal_fractions(name):
    roles = CASES[name]
    loss = CrossEntropy(roles, bits=Lfsr(width=16, seed=2))
    logits = numbers(3, 5, 4, scale=4.0)
    logits[4] = torch.tensor([30.0, -30.0, 0.0, 29.9])
    logits.requires_grad_(True)
    labels = torch.tensor([0, 3, 1, 1, 2])
    made = loss(logits, labels)
    made.backward()
    oracle = Oracle(roles, 2)
    z = oracle.values("sum", fractions(logits))
    errors = np.zeros(z.shape, object)
    expected = 0.0
    for image, label in enumerate(labels.tolist()):
        below = [min(max(z[image]) - v, 16) for v in z[image]]
        steps = [min(round(v * 1024), 16383) for v in below]
        powers = [round(Fraction((Decimal(-i) / 1024).exp()) * 2**23) for i in steps]
        total = sum(powers)
        for place, power in enumerate(powers):
            over = power - total * (place == label)
            errors[image, place] = Fraction(over / (5 * total))
        expected += math.log(total / 2**23) + float(max(z[image]) - z[image, label])
    check([logits.grad], [oracle.values("error", errors)])
    assert made.item() == pytest.approx(expected / 5, rel=1e-12)


def test_the_loss_is_nearly_that_of_torch():
    fine = Role(width=24)
    loss = CrossEntropy(Roles(weight=fine, activation=fine, error=fine, gradient=fine))
    logits, labels = numbers(1, 50, 10, scale=3.0), torch.arange(50) % 10
    plain, mine = (logits.clone().requires_grad_(True) for _ in range(2))
    expected = functional.cross_entropy(plain, labels)
    expected.backward()
    found = loss(mine, labels)
    found.backward()
    assert found.item() == pytest.approx(expected.item(), abs=2**-10)
    # exp is off by half a step of 2^-10 at most, and so are its shares, of 50 images.
    torch.testing.assert_close(mine.grad, plain.grad, rtol=0, atol=2**-10 / 50)


class Blocks(nn.Module):
    """Residuals of all kinds: of a layer, of a tensor with itself, of functions."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(1, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4)
        self.relu = nn.ReLU(inplace=True)
        self.second = nn.Conv2d(4, 4, 3, padding=1)
        self.last = nn.Linear(4, 3)

    def forward(self, x):
        x = self.relu(self.norm(self.first(x)))
        x = self.relu(x + self.second(x))
        x = x + x
        x = functional.dropout(functional.avg_pool2d(x, 2), 0.25, training=self.training)
        x += functional.relu(x, inplace=True)
        return self.last(torch.flatten(functional.adaptive_avg_pool2d(x, 1), 1))


def test_a_network_of_residuals_and_functions():
    torch.manual_seed(0)
    model = Blocks()
    before = copy.deepcopy(model.state_dict())
    other = EIGHT.replace(weight=Role(width=16))
    made = with_roles(model, EIGHT, layers={"second": other, "add_1": other})
    assert list(made.state_dict()) == list(model.state_dict())
    kinds = [type(m).__name__ for m in made.modules() if isinstance(m, RoleLayer)]
    assert sorted(kinds) == sorted(
        ["RoleConv2d"] * 2 + ["RoleNorm", "RoleLinear", "RoleDropout"] + ["RoleMean"] * 2
        + ["RoleSum"] * 3 + ["RoleFork"] * 3
    )  # fmt: skip
    x = numbers(1, 6, 1, 8, 8)
    CrossEntropy(EIGHT)(made(x), torch.arange(6) % 3).backward()
    widths = {name: layer.formats["weight"].width for name, layer in made.named_modules()
              if isinstance(layer, RoleLayer) and "weight" in layer.formats}  # fmt: skip
    assert widths == {"first": 8, "norm": 8, "second": 16, "last": 8}
    assert made.training and model.training
    assert all(torch.equal(v, before[k]) for k, v in model.state_dict().items())
    # In evaluation dropout does nothing, also that of a function.
    made.eval()
    with torch.no_grad():
        assert torch.equal(made(x), made(x))


def test_shared_layers_are_replaced_once():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(3, 3)

        def forward(self, x):
            return self.layer(functional.relu(self.layer(x)))

    made = with_roles(Twice(), EIGHT)
    x = numbers(1, 4, 3)
    made(x).sum().backward()
    kinds = [type(m).__name__ for m in made.modules() if isinstance(m, RoleLayer)]
    assert kinds == ["RoleLinear"]
    assert bool(made.layer.weight.grad.any())


class Of(nn.Module):
    """A network of a function of itself and what it takes."""

    def __init__(self, function, **layers):
        super().__init__()
        self.function = function
        for name, layer in layers.items():
            self.add_module(name, layer)

    def forward(self, x):
        return self.function(self, x)


def conv():
    return nn.Conv2d(3, 3, 3, padding=1)


def added(self, x):
    x = y = self.conv(x)
    x += functional.relu(y)
    return x + y


SHARED = conv()
GRAPHS = {
    "method as a layer": Of(lambda m, x: m.conv(m.relu(x)).relu(), conv=conv(), relu=nn.ReLU()),
    "function as a layer": Of(lambda m, x: m.add(x) + x, add=conv()),
    "layer as a fork": Of(lambda m, x: m.x_fork(x) + x, x_fork=conv()),
    "keywords": Of(
        lambda m, x: torch.add(input=m.one(input=x), other=m.two(x)), one=conv(), two=conv()
    ),
    "pools": Of(lambda m, x: functional.max_pool2d(functional.avg_pool2d(x, kernel_size=2), 2)),
    "thrice": Of(lambda m, x: m.conv(x) + x + x, conv=conv()),
    "layer in place": Of(
        lambda m, x: (lambda y: m.relu(y) + y)(m.conv(x)), conv=conv(), relu=nn.ReLU(True)
    ),
    "function in place": Of(
        lambda m, x: (lambda y: functional.relu(y, True) + y)(m.conv(x)), conv=conv()
    ),
    "method in place": Of(lambda m, x: (lambda y: y.relu_() + y)(m.conv(x)), conv=conv()),
    "method that adds": Of(lambda m, x: (lambda y: y.add_(x) + y)(m.conv(x)), conv=conv()),
    "sum in place": Of(added, conv=conv()),
    "copy of the start": Of(
        lambda m, x: (lambda y: functional.relu(y) + y.relu_())(m.conv(x)), conv=conv()
    ),
    "layer not called": Of(lambda m, x: m.conv(x), conv=conv(), other=nn.Sequential(conv())),
    "layer of two names": Of(lambda m, x: m.two(m.one(x)), one=SHARED, two=SHARED),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_networks_of_all_forms_are_nearly_those_in_float(name):
    model = copy.deepcopy(GRAPHS[name])
    fine = Role(width=20)
    made = with_roles(model, Roles(weight=fine, activation=fine, error=fine, gradient=fine))
    assert set(made.state_dict()) == set(model.state_dict())
    model.load_state_dict(copy.deepcopy(made).state_dict())
    plain, mine = (numbers(1, 2, 3, 4, 4).requires_grad_(True) for _ in range(2))
    expected, found = model(plain * 1.0), made(mine * 1.0)
    sent = numbers(2, *found.shape)
    expected.backward(sent)
    found.backward(sent)
    # Steps of 20 bits of values below 16, of sums of 27 products of such errors.
    torch.testing.assert_close(found, expected, rtol=0, atol=27 * 2**-15)
    torch.testing.assert_close(mine.grad, plain.grad, rtol=0, atol=27 * 2**-15)
    gradients = dict(model.named_parameters())
    for key, parameter in made.named_parameters():
        if gradients[key].grad is None:
            assert parameter.grad is None
        else:
            wanted = gradients[key].grad
            torch.testing.assert_close(parameter.grad, wanted, rtol=1e-3, atol=32 * 2**-14)


def test_sums_in_place_are_traced_as_such():
    made = with_roles(GRAPHS["sum in place"], EIGHT)
    assert [name for name, m in made.named_modules() if isinstance(m, RoleSum)] == [
        "add", "add_1",
    ]  # fmt: skip
    assert operator.iadd not in {node.target for node in made.graph.nodes}


@pytest.mark.parametrize("name", NETWORKS)
def test_every_addition_and_fork_of_a_network_is_in_roles(name):
    torch.manual_seed(1)
    made = with_roles(NETWORKS[name](width=0.05), training_roles("8-bit"), bits=Lfsr(width=17))
    made(torch.randn(2, 1, 28, 28)).sum().backward()
    kinds = [type(m) for m in made.modules()]
    # Eight residual blocks, and seventeen of which those of stride 2 add nothing.
    sums = {"vgg16": 0, "resnet18": 8, "mobilenetv2": 14}[name]
    assert kinds.count(RoleSum) == kinds.count(RoleFork) == sums
    for layer in made.modules():
        if isinstance(layer, RoleSum):
            assert {"addend", "sum", "error"} == set(layer.formats)


class Sigmoid(nn.Module):
    def forward(self, x):
        return torch.sigmoid(x)


class Loose(Of):
    """A network with a parameter that no layer has."""

    def __init__(self):
        super().__init__(lambda m, x: m.conv(x), conv=conv())
        self.scale = nn.Parameter(torch.ones(1))


def evaluated(value):
    norm = nn.BatchNorm1d(2).eval()
    norm.running_var[1] = value
    return with_roles(norm, EIGHT)(torch.zeros(2, 2))


def far_apart():
    """Errors in steps of 2^-60, from which multiples of 2^30 are taken."""
    coarse = Role(width=8, frac_bits=-30, rounding=Rounding.AWAY)
    roles = EIGHT.replace(sum=coarse, error=Role(width=8, frac_bits=60))
    x = numbers(1, 4, 1).requires_grad_(True)
    with_roles(nn.BatchNorm1d(1), roles)(x * 2.0**30).backward(torch.tensor([[2.0**-55]] * 4))


@pytest.mark.parametrize("value", [float("inf"), float("nan")])
def test_running_statistics_must_be_finite(value):
    sentence = "batch normalization needs running statistics that are finite"
    with pytest.raises(ValueError, match=f"^{sentence}$"):
        evaluated(value)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: with_roles(conv(), 8), "roles of layers must be Roles, not 8"),
        (
            lambda: with_roles(conv(), EIGHT, layers={"": None}),
            "roles of layers must be Roles, not None",
        ),
        (lambda: CrossEntropy(8), "roles of layers must be Roles, not 8"),
        (lambda: with_roles(8, EIGHT), "roles are given to a torch.nn.Module, not to 8"),
        (
            lambda: CrossEntropy(EIGHT)(torch.zeros(2, 3), torch.tensor([0.0, 1.0])),
            "labels must be int64, not torch.float32",
        ),
        (
            lambda: CrossEntropy(EIGHT)(
                torch.zeros(1, 3), torch.tensor([1], dtype=torch.int32)
            ),
            "labels must be int64, not torch.int32",
        ),
    ],
)
def test_wrong_types(make, sentence):
    with pytest.raises(TypeError, match=f"^{re.escape(sentence)}$"):
        make()


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (
            lambda: with_roles(nn.Sequential(nn.Linear(1, 1)), EIGHT, layers={"1": EIGHT}),
            "roles are given to layers 0, not to '1'",
        ),
        (
            lambda: with_roles(nn.ReLU(), EIGHT, layers={"1": EIGHT}),
            "roles are given to no layer, not to '1'",
        ),
        (
            lambda: with_roles(nn.Conv2d(1, 1, 3, dilation=2), EIGHT),
            "fixed-point layers take convolutions of dilation 1, "
            f"not {nn.Conv2d(1, 1, 3, dilation=2)}",
        ),
        (
            lambda: with_roles(nn.AdaptiveAvgPool2d(2), EIGHT),
            "adaptive pooling in fixed point gives 1 pixel, "
            "unlike AdaptiveAvgPool2d(output_size=2)",
        ),
        (
            lambda: with_roles(Loose(), EIGHT),
            "a network in fixed point has parameters in layers, not scale",
        ),
        (
            lambda: with_roles(nn.BatchNorm2d(3, track_running_stats=False), EIGHT)(
                torch.zeros(1, 4, 2, 2)
            ),
            "batch normalization in training takes [images, 3, ...], not (1, 4, 2, 2)",
        ),
        (
            lambda: with_roles(nn.BatchNorm1d(3).eval(), EIGHT)(torch.zeros(3)),
            "batch normalization in training takes [images, 3, ...], not (3,)",
        ),
        (
            lambda: with_roles(nn.Conv2d(3, 3, 1, groups=3), EIGHT)(torch.zeros(1, 4, 2, 2)),
            "a convolution in training takes [images, 3, rows, columns], not (1, 4, 2, 2)",
        ),
        (
            lambda: with_roles(nn.Conv2d(3, 3, 1), EIGHT)(torch.zeros(3, 2, 2)),
            "a convolution in training takes [images, 3, rows, columns], not (3, 2, 2)",
        ),
        (
            lambda: with_roles(nn.Linear(3, 1), EIGHT)(torch.zeros(2, 4)),
            "a linear layer in training takes [..., 3], not (2, 4)",
        ),
        (
            lambda: with_roles(nn.AdaptiveAvgPool2d(1), EIGHT)(torch.zeros(2, 4)),
            "a mean in training takes [images, channels, rows, columns], not (2, 4)",
        ),
        (
            lambda: with_roles(nn.AvgPool2d(1), EIGHT)(torch.full((1, 1, 1, 1), 2.0**127)),
            "a role without a fixed format takes numbers below 2**127 in size, "
            "not 1.7014118346046923e+38",
        ),
        (
            # The least slope, 2^30, times the largest code: 2^7 * 2^30 * 2^30 * 2^(60 + 12).
            far_apart,
            "what batch normalization takes from errors must stay below 2**53 of their units, "
            f"not reach {2.0**139:.4g}; give the roles fewer bits",
        ),
        (
            lambda: with_roles(Sigmoid(), EIGHT),
            "a network in fixed point has layers Conv2d, Linear, BatchNorm1d, BatchNorm2d, "
            "ReLU, ReLU6, MaxPool2d, AvgPool2d, AdaptiveAvgPool2d, Flatten and additions, "
            "not sigmoid at sigmoid",
        ),
        (
            lambda: with_roles(Residual(), EIGHT),
            "a network in fixed point must take one tensor",
        ),
        (
            lambda: with_roles(nn.BatchNorm1d(3), EIGHT)(torch.zeros(1, 3)),
            "batch normalization in training takes 2 or more numbers of a channel, not 1",
        ),
        (
            lambda: with_roles(nn.BatchNorm1d(3, eps=0.0), EIGHT)(torch.zeros(2, 3)),
            "batch normalization needs eps above 0 where a channel is constant",
        ),
        (
            lambda: RoleSum(EIGHT, None)(torch.zeros(2, 3), torch.zeros(3)),
            "tensors that are added in training have one shape, not (2, 3) and (3,)",
        ),
        (
            lambda: CrossEntropy(EIGHT)(torch.zeros(2, 3), torch.tensor([0, 3])),
            "labels must be between 0 and 2, not 3",
        ),
        (
            lambda: CrossEntropy(EIGHT)(torch.zeros(2, 3), torch.tensor([-1, 0])),
            "labels must be between 0 and 2, not -1",
        ),
        (
            lambda: CrossEntropy(EIGHT)(torch.zeros(0, 3), torch.tensor([])),
            "a loss takes logits [images, classes] and a label for each image, "
            "not (0, 3) and (0,)",
        ),
    ],
)
def test_bad_input(make, sentence):
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        make()
