"""The loss and its errors in roles, against fractions and PyTorch."""

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from torch.nn import functional

from fixedpoint.layers import CrossEntropy, Role, Roles
from stochastic import Lfsr
from tests.support.role_oracle import CASES, Oracle, check, fractions, numbers


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
