"""The JK divider: its table and its law, also for correlated streams."""

import numpy as np
import pytest

from stochastic import Bitstream, JkDivider


def test_every_transition():
    for state in (0, 1):
        for j in (0, 1):
            for k in (0, 1):
                after, shown = JkDivider().step({"state": state}, [], dividend=j, divisor=k)
                expected = {(0, 0): state, (1, 0): 1, (0, 1): 0, (1, 1): 1 - state}[j, k]
                assert (after["state"], shown["quotient"]) == (expected, state)


@pytest.mark.parametrize("correlated", [False, True])
def test_law(correlated):
    rng = np.random.default_rng(1)
    u = rng.random((100, 4096))
    v = u if correlated else rng.random((100, 4096))
    x, y = (Bitstream.from_bits(b, "unipolar") for b in (u < 0.3, v < 0.6))
    found = JkDivider().apply(dividend=x, divisor=y).value.mean()
    assert found == pytest.approx(1 / 3, abs=0.005)


def test_a_divisor_of_zero_is_refused():
    x, y = (Bitstream.from_bits(b, "unipolar") for b in ([1, 0], [0, 0]))
    message = "^JkDivider divisor must not be zero, but 1 of 1 streams are$"
    with pytest.raises(ValueError, match=message):
        JkDivider().apply(dividend=x, divisor=y)
