"""The rectifier: zero exactly, its law, and the sum that never falls below -1."""

import itertools

import numpy as np
import pytest

from sim.oracles.birth_death import stationary_law
from stochastic import Bitstream, Srelu


def test_zero_is_exact_for_minus_one():
    y = Srelu(states=8).apply(x=Bitstream.from_bits([0] * 100, "bipolar"))
    assert y.value == 0


def test_sum_of_the_output_for_every_stream_of_ten_bits():
    bits = np.array(list(itertools.product((0, 1), repeat=10)), bool)
    y = Srelu(states=16).apply(x=Bitstream.from_bits(bits, "bipolar"))
    sums = (2 * y.bits().astype(int) - 1).cumsum(axis=1)
    assert sums.min() == -1
    # The output is never below the input, and equal to it until the sum would be negative.
    assert (y.bits() >= bits).all()


@pytest.mark.parametrize("states", [2, 4, 16])
def test_law_and_its_largest_distance(states):
    worst = 0
    for x in np.linspace(-0.98, 0.98, 99):
        p, q = (1 + x) / 2, (1 - x) / 2
        up = np.full(states, p)
        up[0] = 1
        one = p + q * stationary_law(up, 1 - up)[0][0]
        closed = x + 2 * q**2 / (q + sum((p / q) ** i for i in range(states - 1)))
        assert 2 * one - 1 == pytest.approx(closed, abs=1e-12)
        worst = max(worst, closed - max(x, 0))
    assert worst == pytest.approx(1 / (2 * states - 1), rel=1e-6)


def test_errors():
    with pytest.raises(ValueError, match="^Srelu states must be between 2 and 1024, not 1$"):
        Srelu(states=1)
    x = Bitstream.from_bits([1, 0], "unipolar")
    with pytest.raises(ValueError, match="^Srelu x must be bipolar, not unipolar$"):
        Srelu(states=4).apply(x=x)
