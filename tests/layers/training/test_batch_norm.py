"""Batch normalization in roles, against fractions and PyTorch."""

import math
from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from torch import nn

from fixedpoint import Rounding
from fixedpoint.layers import Role, Roles, with_roles
from stochastic import Lfsr
from tests.support.role_oracle import CASES, Oracle, along, check, fractions, numbers
from tests.support.training_roles import EIGHT

# The kernels take long to compile.
pytestmark = pytest.mark.slow


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
