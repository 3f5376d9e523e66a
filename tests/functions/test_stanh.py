"""The tanh counter: published errors of its approximation, and its symmetry."""

import numpy as np
import pytest

from stochastic import Bitstream, Lfsr, Stanh, encode


@pytest.mark.parametrize(
    ("states", "error"), [(2, 0.233), (4, 0.055), (8, 0.013), (16, 0.0032), (32, 0.0008)]
)
def test_distance_of_the_exact_law_to_the_usual_approximation(states, error):
    # Largest |tanh((K / 2) artanh x) - tanh(K x / 2)|, as the literature gives it.
    x = np.linspace(-1, 1, 20001)[1:-1]
    exact = np.tanh(states / 2 * np.arctanh(x))
    assert np.abs(exact - np.tanh(states * x / 2)).max() == pytest.approx(error, rel=0.05)


def test_inverted_input_inverts_the_output():
    # States s and K - 1 - s mirror each other, so the start must be mirrored as well.
    rng = np.random.default_rng(1)
    x = Bitstream.from_bits(rng.random((5, 200)) < 0.4, "bipolar")
    inverse = Bitstream.from_bits(~x.bits(), "bipolar")
    y = Stanh(states=8, initial=5).apply(x=x)
    mirrored = Stanh(states=8, initial=2).apply(x=inverse)
    np.testing.assert_array_equal(mirrored.bits(), ~y.bits())


def test_full_scale_saturates():
    ones = Bitstream.from_bits(np.ones((1, 100), bool), "bipolar")
    zeros = Bitstream.from_bits(np.zeros((1, 100), bool), "bipolar")
    assert Stanh(states=16).apply(x=ones).count().tolist() == [100]
    assert Stanh(states=16).apply(x=zeros).count().tolist() == [1]


def test_output_keeps_encoding_and_generators():
    generator = Lfsr(width=8)
    y = Stanh(states=8).apply(x=encode(0.25, generator, 255, "bipolar"))
    assert (y.encoding, y.length, y.generators) == ("bipolar", 255, (generator,))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"states": 1}, "Stanh states must be between 2 and 1024, not 1"),
        ({"states": 1025}, "Stanh states must be between 2 and 1024, not 1025"),
        ({"states": 7}, "Stanh states must be even, not 7"),
        ({"states": 8, "initial": 8}, "Stanh initial must be between 0 and 7, not 8"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        Stanh(**options)
