"""The minimum by a counter: what one of the pair does not select the other does."""

import numpy as np
import pytest

from stochastic import Bitstream, Smax, Smin


def test_maximum_and_minimum_share_the_bits():
    rng = np.random.default_rng(1)
    a, b = (Bitstream.from_bits(rng.random((40, 300)) < 0.6, "unipolar") for _ in range(2))
    high, low = (kind(states=8).apply(a=a, b=b) for kind in (Smax, Smin))
    np.testing.assert_array_equal(high.words | low.words, a.words | b.words)
    np.testing.assert_array_equal(high.words & low.words, a.words & b.words)


def test_law_is_above_the_minimum_by_less_than_its_bound():
    p, q = np.meshgrid(*[np.linspace(0.001, 0.999, 300)] * 2)
    power = (p * (1 - q) / (q * (1 - p))) ** 4
    above = (q * power + p) / (power + 1) - np.minimum(p, q)
    assert above.min() >= -1e-12
    assert above.max() < 0.14 / 8


def test_errors():
    with pytest.raises(ValueError, match="^Smin initial must be between 0 and 3, not 4$"):
        Smin(states=4, initial=4)
