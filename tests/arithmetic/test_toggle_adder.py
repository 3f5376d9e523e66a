"""The toggle-flip-flop adder: exact for every pair of streams."""

import itertools

import numpy as np
import pytest

from stochastic import Bitstream, Lfsr, ToggleAdder, encode


@pytest.mark.parametrize("initial", [0, 1])
def test_every_pair_of_streams_of_five_bits(initial):
    streams = np.array(list(itertools.product((0, 1), repeat=5)))
    a, b = np.repeat(streams, 32, axis=0), np.tile(streams, (32, 1))
    mean = ToggleAdder(initial=initial).run({"a": a.T, "b": b.T})[0]["mean"]
    expected = (a.sum(axis=1) + b.sum(axis=1) + initial) // 2
    np.testing.assert_array_equal(mean.sum(axis=0), expected)


def test_streams_of_one_generator_are_added_too():
    a, b = (encode(x, Lfsr(width=8), 255, "unipolar") for x in (0.25, 0.75))
    # Codes 64 and 192 without the word 0: 63 and 191 ones.
    assert ToggleAdder().apply(a=a, b=b).count() == (63 + 191) // 2


def test_bipolar_streams_give_their_mean():
    a = Bitstream.from_bits([1, 1, 1, 1], "bipolar")
    b = Bitstream.from_bits([0, 0, 1, 0], "bipolar")
    assert ToggleAdder().apply(a=a, b=b).value == 0.0


def test_errors():
    with pytest.raises(ValueError, match="^ToggleAdder initial must be between 0 and 1, not 2"):
        ToggleAdder(initial=2)
