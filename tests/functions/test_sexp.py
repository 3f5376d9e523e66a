"""The exponential counter."""

import numpy as np
import pytest

from stochastic import Bitstream, Sexp


def test_full_scale_and_zero():
    ones = Bitstream.from_bits(np.ones((1, 100), bool), "bipolar")
    zeros = Bitstream.from_bits(np.zeros((1, 100), bool), "bipolar")
    # From state 4 of 8, state 6 = K - G is reached after two cycles.
    assert Sexp(states=8, gain=2).apply(x=ones).count().tolist() == [2]
    assert Sexp(states=8, gain=2).apply(x=zeros).count().tolist() == [100]


def test_approximation_of_the_exact_law():
    # (1 - r^(K - G)) / (1 - r^K) tends to exp(-2 G x) for small x and G well below K.
    x = np.linspace(0.02, 0.3, 50)
    ratio = (1 + x) / (1 - x)
    exact = (1 - ratio**62) / (1 - ratio**64)
    assert np.abs(exact - np.exp(-4 * x)).max() < 0.08
    y = Sexp(states=64, gain=2).apply(x=Bitstream.from_bits(np.ones((1, 8), bool), "bipolar"))
    assert y.encoding == "unipolar"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"states": 8, "gain": 0}, "Sexp gain with 8 states must be between 1 and 7, not 0"),
        ({"states": 8, "gain": 8}, "Sexp gain with 8 states must be between 1 and 7, not 8"),
        ({"states": 0, "gain": 1}, "Sexp states must be between 2 and 1024, not 0"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        Sexp(**options)
