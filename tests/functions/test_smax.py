"""The maximum by a counter: its law against the maximum, and against enumeration."""

import numpy as np
import pytest

from sim.oracles.birth_death import stationary_law
from stochastic import Bitstream, Lfsr, Smax, encode


def law(p, q, states):
    power = (p * (1 - q) / (q * (1 - p))) ** (states / 2)
    return (p * power + q) / (power + 1)


@pytest.mark.parametrize("states", [2, 4, 8, 32])
def test_law_is_below_the_maximum_by_less_than_its_bound(states):
    p, q = np.meshgrid(*[np.linspace(0.001, 0.999, 300)] * 2)
    short = np.maximum(p, q) - law(p, q, states)
    assert short.min() >= -1e-12
    assert 0.13 / states < short.max() < 0.14 / states


def test_law_is_that_of_the_chain():
    p, q, states = 0.3, 0.6, 8
    up, down = (np.full(states, v) for v in (p * (1 - q), q * (1 - p)))
    upper = stationary_law(up, down)[0][4:].sum()
    assert p * upper + q * (1 - upper) == pytest.approx(law(p, q, states), rel=1e-12)


def test_constant_streams():
    rows = [[1] * 50, [0] * 50]
    one, zero = (Bitstream.from_bits(row, "bipolar") for row in rows)
    assert Smax(states=8).apply(a=one, b=zero).value == 1
    # The counter starts at a and needs one cycle to choose b.
    assert Smax(states=8).apply(a=zero, b=one).count() == 49


def test_errors():
    a = encode(0.5, Lfsr(width=8), 255, "unipolar")
    with pytest.raises(ValueError, match="^Smax needs independent operands, but Lfsr"):
        Smax(states=4).apply(a=a, b=a)
    b = Bitstream.from_bits([1] * 255, "bipolar")
    with pytest.raises(ValueError, match="^Smax b must be unipolar, not bipolar$"):
        Smax(states=4).apply(a=a, b=b)
    with pytest.raises(ValueError, match="^Smax states must be even, not 5$"):
        Smax(states=5)
