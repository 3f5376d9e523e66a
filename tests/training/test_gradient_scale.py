"""The power of two by which gradients are scaled."""

import math
from fractions import Fraction

import numpy as np
import pytest

pytestmark = pytest.mark.slow

torch = pytest.importorskip("torch")
from stochastic.training import MomentumSGD
from stochastic.training.optimizers.gradient_scale import choose_exponent
from tests.support.optimizer_steps import (
    bits,
    give_gradients,
    parameters,
)


def test_scale_choice_is_recorded():
    tensors = [("a", parameters((1000,))[0]), ("b", parameters((10,))[0])]
    optimizer = MomentumSGD(tensors, lr=0.01, scale_interval=4)
    a, b = (tensor for _, tensor in tensors)
    a.grad, b.grad = torch.full((1000,), 2.0**-6), torch.zeros(10)
    for _ in range(2):
        optimizer.step()
    b.grad = torch.full((10,), 8.0)
    a.grad = torch.full((1000,), 2.0**-9)
    for _ in range(4):
        optimizer.step()
    history = [(s.step, s.name, s.exponent) for s in optimizer.scale_history]
    # a is looked at in steps 0 and 4; b is chosen when it first has a gradient.
    assert history == [(0, "a", 6), (2, "b", -3), (4, "a", 9)]


def test_a_given_scale_is_kept():
    weight = parameters((4,))[0]
    optimizer = MomentumSGD([{"params": [weight], "scale": 3}], lr=0.01)
    weight.grad = torch.tensor([2.0**-4, -(2.0**-16), 1.0, 3 * 2.0**-17])
    optimizer.step()
    # 2^3 and the generator's 13 bits; 0.5 and 1.5 go to the even neighbours.
    assert optimizer.gradient_codes(weight).tolist() == [4096, -1, 8192, 2]
    weight.grad = weight.grad / 2
    optimizer.step()
    assert optimizer.gradient_codes(weight).tolist() == [2048, 0, 8192, 1]
    assert optimizer.scale_history == []


def test_exponent_brings_the_root_mean_square_near_one():
    rng = np.random.default_rng(3)
    for size in (1, 3, 1000):
        for power in (-140, -60, -1, 0, 1, 60, 120):
            values = (rng.normal(size=size) * 2.0**power).astype(np.float32)
            if not values.any():
                continue
            exponent = choose_exponent(values)
            mean = sum(Fraction(float(v)) ** 2 for v in values) / size
            # Within the rounding to 15 bits below the largest.
            ratio = math.sqrt(mean * Fraction(4) ** exponent) if abs(exponent) < 126 else 1
            assert 2**-0.5 * (1 - 2**-9) <= ratio <= 2**0.5 * (1 + 2**-9)


def test_exponent_is_kept_while_it_fits():
    ones = np.ones(5, np.float32)
    assert [choose_exponent(ones, s) for s in (-2, -1, 0, 1, 2)] == [0, -1, 0, 1, 0]
    zeros = np.zeros(5, np.float32)
    assert choose_exponent(zeros) is None
    assert choose_exponent(zeros, 4) == 4
    assert choose_exponent(np.array([np.nan, 1], np.float32), 4) == 4
    assert choose_exponent(np.array([-np.inf, 1], np.float32)) is None
    assert [choose_exponent(ones, s, -2) for s in (-4, -3, -2, -1, 0)] == [-2, -3, -2, -1, -2]
    # Exactly at the ends of [1/sqrt(2), sqrt(2)) squared.
    assert choose_exponent(np.array([1, 0], np.float32)) == 0
    assert choose_exponent(np.array([2, 0], np.float32)) == -1


@pytest.mark.parametrize("further", [-2, 1])
def test_an_automatic_scale_with_an_offset_is_that_much_off(further):
    (plain,), (moved,), (fixed,) = (parameters((40,)) for _ in range(3))
    for tensor in (plain, moved, fixed):
        give_gradients([tensor], seed=1)
    reference = MomentumSGD([plain])
    optimizer = MomentumSGD([moved], scale=f"auto{further:+}")
    for _ in range(8):
        reference.step()
        optimizer.step()
    assert optimizer.scale_of(moved) == reference.scale_of(plain) + further
    same = MomentumSGD([fixed], scale=optimizer.scale_of(moved))
    for _ in range(8):
        same.step()
    assert bits([moved]) == bits([fixed])
    momenta = optimizer.momentum_codes(moved).tolist()
    assert momenta == same.momentum_codes(fixed).tolist()
    assert momenta != reference.momentum_codes(plain).tolist()
