"""The in-stream divider: its law against enumeration, and its quotients."""

import numpy as np
import pytest

from sim.oracles.birth_death import stationary_law
from stochastic import Bitstream, Counter, InStreamDivider, VanDerCorput, encode
from stochastic.generators import Sobol


def law(p, q, depth):
    ratio = p * (1 - q) / (q * (1 - p))
    power = ratio ** (depth + 1)
    return p + (1 - p) * (ratio - power) / (1 - power)


@pytest.mark.parametrize("depth", [1, 2, 3, 8])
def test_law_is_that_of_the_counter(depth):
    p, q = 0.3, 0.5
    up, down = (np.full(depth + 1, v) for v in (p * (1 - q), q * (1 - p)))
    empty = stationary_law(up, down)[0][0]
    assert p + (1 - p) * (1 - empty) == pytest.approx(law(p, q, depth), rel=1e-12)


def test_law_tends_to_the_quotient():
    errors = [abs(law(0.3, 0.5, depth) - 0.6) for depth in (1, 2, 4, 8, 16, 32)]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 1e-6


@pytest.mark.parametrize(("p", "q"), [(0.1, 0.4), (0.3, 0.5), (0.5, 0.9)])
def test_measured_quotient(p, q):
    rng = np.random.default_rng(1)
    x, y = (Bitstream.from_bits(rng.random((80, 4096)) < v, "unipolar") for v in (p, q))
    divider = InStreamDivider(generator=Counter(width=1), depth=7)
    found = divider.apply(dividend=x, divisor=y).value.mean()
    assert found == pytest.approx(law(p, q, 7), abs=0.01)


def test_low_discrepancy_streams():
    x = encode(0.3, VanDerCorput(width=10), 1024, "unipolar")
    y = encode(0.6, Sobol(width=10, dimension=1), 1024, "unipolar")
    found = InStreamDivider(generator=Counter(width=1)).apply(dividend=x, divisor=y)
    assert found.value == pytest.approx(0.5, abs=0.03)


def test_errors():
    with pytest.raises(
        ValueError, match="^InStreamDivider depth must be between 1 and 63, not 0"
    ):
        InStreamDivider(depth=0)
    x, y = (Bitstream.from_bits(b, "unipolar") for b in ([1, 0], [0, 0]))
    message = "^InStreamDivider divisor must not be zero, but 1 of 1 streams are$"
    with pytest.raises(ValueError, match=message):
        InStreamDivider().apply(dividend=x, divisor=y)
