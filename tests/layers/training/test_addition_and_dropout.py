"""Additions, forks and dropout in roles, against fractions."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch import nn

from fixedpoint import WordReader
from fixedpoint.layers import with_roles
from fixedpoint.layers.training.addition import RoleFork, RoleSum
from stochastic import Lfsr
from tests.support.role_oracle import CASES, Oracle, check, fractions, numbers

# The kernels take long to compile.
pytestmark = pytest.mark.slow


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
