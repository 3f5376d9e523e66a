"""CORDIV: the quotient of streams of one generator, and of others."""

import numpy as np
import pytest

from stochastic import Bitstream, Cordiv, Counter, Lfsr, VanDerCorput, encode


@pytest.mark.parametrize("generator", [None, Counter(width=1), Lfsr(width=3)])
def test_quotient_of_streams_of_one_sequence(generator):
    # Each pair with x <= y of one random sequence.
    u = np.random.default_rng(1).random((40, 1, 4096))
    y = np.array([0.2, 0.5, 0.8, 1.0])
    for part in (0.25, 0.5, 0.9):
        streams = [
            Bitstream.from_bits(u < level[:, None], "unipolar") for level in (part * y, y)
        ]
        found = Cordiv(generator=generator).apply(dividend=streams[0], divisor=streams[1])
        # 40 streams of 4096 cycles with at least a fifth of the divisor's ones.
        assert np.abs(found.value.mean(axis=0) - part).max() < 0.02


def test_the_quotient_is_exact_where_the_divisor_is_one():
    x = encode([0.25, 0.75], VanDerCorput(width=6), 64, "unipolar")
    one = Bitstream.from_bits([1] * 64, "unipolar")
    np.testing.assert_array_equal(Cordiv().apply(dividend=x, divisor=one).words, x.words)


def test_independent_streams_give_the_dividend():
    rng = np.random.default_rng(2)
    x, y = (Bitstream.from_bits(rng.random((60, 4096)) < p, "unipolar") for p in (0.3, 0.6))
    assert Cordiv().apply(dividend=x, divisor=y).value.mean() == pytest.approx(0.3, abs=0.01)


def test_errors():
    with pytest.raises(ValueError, match="^Cordiv generator must have a width up to 5, not 6$"):
        Cordiv(generator=Lfsr(width=6))
    x, y = (Bitstream.from_bits(b, "unipolar") for b in ([[1, 0], [0, 0]], [[0, 0], [1, 0]]))
    message = "^Cordiv divisor must not be zero, but 1 of 2 streams are$"
    with pytest.raises(ValueError, match=message):
        Cordiv().apply(dividend=x, divisor=y)
