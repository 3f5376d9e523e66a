"""The sigmoid counter: the bits of tanh, read as unipolar."""

import numpy as np
import pytest

from stochastic import Bitstream, Ssigmoid, Stanh


def test_bits_are_those_of_tanh():
    x = Bitstream.from_bits(np.random.default_rng(1).random((5, 300)) < 0.6, "bipolar")
    y, tanh = Ssigmoid(states=8).apply(x=x), Stanh(states=8).apply(x=x)
    np.testing.assert_array_equal(y.words, tanh.words)
    assert (y.encoding, tanh.encoding) == ("unipolar", "bipolar")


@pytest.mark.parametrize(("states", "error"), [(4, 0.028), (8, 0.0066), (16, 0.0016)])
def test_distance_of_the_exact_law_to_the_logistic_function(states, error):
    # Half of the published distances of tanh, as the sigmoid is (1 + tanh) / 2.
    x = np.linspace(-1, 1, 20001)[1:-1]
    exact = 1 / (1 + ((1 - x) / (1 + x)) ** (states / 2))
    distance = np.abs(exact - 1 / (1 + np.exp(-states * x))).max()
    assert distance == pytest.approx(error, rel=0.05)


def test_errors():
    with pytest.raises(ValueError, match="^Ssigmoid states must be even, not 7$"):
        Ssigmoid(states=7)
