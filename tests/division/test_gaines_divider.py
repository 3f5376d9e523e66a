"""Gaines' divider: quotients, its limits, and a divisor of zero."""

import numpy as np
import pytest

from stochastic import Bitstream, GainesDivider, Lfsr, VanDerCorput, Xorshift32


def unipolar(bits):
    return Bitstream.from_bits(bits, "unipolar")


@pytest.mark.parametrize(("x", "y"), [(0.2, 0.4), (0.3, 0.5), (0.45, 0.9), (0.1, 1.0)])
def test_quotients(x, y):
    rng = np.random.default_rng(1)
    first, second = (unipolar(rng.random((64, 8192)) < p) for p in (x, y))
    divider = GainesDivider(width=6, generator=Xorshift32(width=6))
    found = divider.apply(dividend=first, divisor=second).bits()[:, 2048:].mean()
    # 64 runs; each has the standard deviation of about 0.02 of a 6-bit counter.
    assert found == pytest.approx(x / y, abs=0.01)


def test_a_quotient_above_one_is_one():
    rng = np.random.default_rng(2)
    first, second = (unipolar(rng.random(4096) < p) for p in (0.8, 0.4))
    divider = GainesDivider(width=4, generator=Lfsr(width=4))
    assert divider.apply(dividend=first, divisor=second).bits()[256:].mean() > 0.98


def test_a_divisor_of_zero_is_refused():
    x = unipolar([[1, 0, 1, 0]] * 3)
    y = unipolar([[1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]])
    divider = GainesDivider(width=4, generator=Lfsr(width=4))
    message = "^GainesDivider divisor must not be zero, but 2 of 3 streams are$"
    with pytest.raises(ValueError, match=message):
        divider.apply(dividend=x, divisor=y)


def test_engines_agree_at_the_largest_width():
    # The first words of a van der Corput sequence are spread over all 32 bits.
    rng = np.random.default_rng(3)
    x, y = (unipolar(rng.random((70, 500)) < 0.5) for _ in range(2))
    divider = GainesDivider(width=32, generator=VanDerCorput(width=32), initial=2**30 + 1)
    found = [
        divider.apply(dividend=x, divisor=y, engine=engine) for engine in ("bit", "packed")
    ]
    np.testing.assert_array_equal(found[0].words, found[1].words)
    assert found[0].value == pytest.approx(np.full(70, 0.25), abs=0.01)


def test_errors():
    with pytest.raises(
        ValueError, match="^GainesDivider initial must be between 0 and 16, not"
    ):
        GainesDivider(width=4, generator=Lfsr(width=4), initial=17)
    with pytest.raises(
        ValueError, match="^GainesDivider generator must have the width 4, not 5"
    ):
        GainesDivider(width=4, generator=Lfsr(width=5))
    divider = GainesDivider(width=4, generator=Lfsr(width=4))
    x = Bitstream.from_bits([1, 0], "bipolar")
    with pytest.raises(
        ValueError, match="^GainesDivider dividend must be unipolar, not bipolar"
    ):
        divider.apply(dividend=x, divisor=x)
    with pytest.raises(
        ValueError, match="^GainesDivider takes streams of one length, not 2 and"
    ):
        divider.apply(dividend=unipolar([1, 0]), divisor=unipolar([1, 0, 1]))
