"""The hard tanh of a sum: exact sums inside full scale, clipped outside."""

import itertools

import numpy as np
import pytest

from stochastic import Bitstream, HardTanh, Sobol, VanDerCorput, encode


def test_sum_is_kept_for_every_pair_of_streams_of_five_bits():
    # With 16 states the counter is never held at an end: what the output lacks is in it.
    streams = np.array(list(itertools.product((0, 1), repeat=5)))
    a, b = np.repeat(streams, 32, axis=0).T, np.tile(streams, (32, 1)).T
    outputs, state = HardTanh(states=16).run({"a": a, "b": b})
    total = (2 * (a + b) - 2).sum(axis=0) - (2 * outputs["y"] - 1).sum(axis=0)
    np.testing.assert_array_equal(total, state.registers["state"] - 8)


@pytest.mark.parametrize(("a", "b"), [(0.5, 0.25), (-0.75, 0.5), (0.75, 0.75), (-0.9, -0.4)])
def test_regular_streams_are_added_and_clipped(a, b):
    first = encode(a, VanDerCorput(width=10), 1024, "bipolar")
    second = encode(b, Sobol(width=10, dimension=1), 1024, "bipolar")
    y = HardTanh(states=32).apply(a=first, b=second)
    expected = np.clip(first.value + second.value, -1, 1)
    assert abs(y.value - expected) <= 32 / 1024


def test_errors():
    with pytest.raises(ValueError, match="^HardTanh states must be even, not 3$"):
        HardTanh(states=3)
    x = Bitstream.from_bits([1, 0], "unipolar")
    with pytest.raises(ValueError, match="^HardTanh a must be bipolar, not unipolar$"):
        HardTanh(states=4).apply(a=x, b=x)
