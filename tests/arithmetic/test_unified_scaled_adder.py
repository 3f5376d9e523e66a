"""The unified scaled adder: its printed bound for every input, and where it is attained."""

import itertools
from fractions import Fraction

import numpy as np
import pytest

from stochastic import Bitstream, UnifiedScaledAdder


@pytest.mark.parametrize(("encoding", "m"), [("unipolar", 1), ("bipolar", 2)])
def test_printed_bound_for_every_pair_of_streams_and_attained(encoding, m):
    length, k = 5, 2
    bits = np.array(list(itertools.product((0, 1), repeat=length)), bool)
    a = Bitstream.from_bits(bits[:, None], encoding)
    b = Bitstream.from_bits(bits[None], encoding)
    total = UnifiedScaledAdder(fan_in=k, encoding=encoding).apply(streams=[a, b])
    low = (a.value + b.value) / k - total.value
    bound = m * (k - 1) / (length * k)
    assert low.min() >= -1e-12
    assert low.max() == pytest.approx(bound, rel=1e-12)


@pytest.mark.parametrize("k", [3, 7, 64])
def test_bound_is_attained_with_many_streams(k):
    # One cycle with K - 1 ones leaves them all in the accumulator.
    streams = np.zeros((4, k), int)
    streams[2, 1:] = 1
    ones = UnifiedScaledAdder(fan_in=k).run({"streams": streams})[0]["sum"].sum()
    assert Fraction(k - 1, 4 * k) - Fraction(int(ones), 4) == Fraction(k - 1, 4 * k)


def test_does_not_depend_on_coding():
    rng = np.random.default_rng(1)
    bits = rng.random((3, 200)) < np.array([[0.2], [0.5], [0.9]])
    for order in (np.sort(bits, axis=1), np.sort(bits, axis=1)[:, ::-1], bits):
        streams = [Bitstream.from_bits(row, "unipolar") for row in order]
        found = UnifiedScaledAdder(fan_in=3).apply(streams=streams).count()
        assert found == bits.sum() // 3


def test_errors():
    message = "^UnifiedScaledAdder fan_in must be between 2 and 1024, not 1$"
    with pytest.raises(ValueError, match=message):
        UnifiedScaledAdder(fan_in=1)
    message = "^UnifiedScaledAdder encoding must be one of unipolar, bipolar, not 'ternary'$"
    with pytest.raises(ValueError, match=message):
        UnifiedScaledAdder(fan_in=2, encoding="ternary")
