"""Isolator: a delay, and when it decorrelates."""

import numpy as np
import pytest

from stochastic import Bitstream, Counter, Isolator, encode, scc


@pytest.mark.parametrize("cycles", [1, 2, 31, 32])
@pytest.mark.parametrize("length", [1, 64, 65, 300])
def test_delay_on_both_engines(cycles, length):
    bits = np.random.default_rng(cycles).random((3, length)) < 0.5
    expected = np.concatenate([np.zeros((3, cycles), bool), bits], axis=1)[:, :length]
    stream = Bitstream.from_bits(bits, "bipolar")
    for engine in ("bit", "packed"):
        delayed = Isolator(cycles=cycles).apply(x=stream, engine=engine)
        np.testing.assert_array_equal(delayed.bits(), expected)


def test_it_decorrelates_independent_bits_only():
    rng = np.random.default_rng(1)
    x = Bitstream.from_bits(rng.random(1 << 16) < 0.5, "unipolar")
    assert abs(scc(x, Isolator().apply(x=x))) < 5 / 256
    # A counter's stream is one run of ones: almost all of them still coincide.
    x = encode(0.5, Counter(width=8), length=256, encoding="unipolar")
    assert scc(x, Isolator().apply(x=x)) > 0.97


def test_cycles_are_checked():
    with pytest.raises(ValueError, match="^Isolator cycles must be between 1 and 32, not 33$"):
        Isolator(cycles=33)
