"""Rectifier of an integral stream."""

import numpy as np
import pytest

from stochastic import IntegralMaximum, IntegralReLU


@pytest.mark.parametrize("mean", [-1.5, -0.4, 0.4, 1.5])
def test_the_mean_is_rectified(mean):
    rng = np.random.default_rng(1)
    values = 2 * rng.binomial(4, (mean / 4 + 1) / 2, (20_000, 8)) - 4
    outputs, _ = IntegralReLU(range=4, counter_bits=10).run({"value": values})
    # The standard deviation of 160,000 integers of variance 4 is 0.005. The drift from 0 takes
    # some 20 cycles.
    assert outputs["rectified"].mean() == pytest.approx(max(mean, 0), abs=0.03)


def test_it_is_the_maximum_of_a_stream_and_zeros():
    rng = np.random.default_rng(2)
    values = rng.integers(-3, 4, (300, 1))
    rectified = IntegralReLU(range=3, counter_bits=16).run({"value": values})[0]["rectified"]
    pair = np.hstack([values, np.zeros_like(values)])
    unit = IntegralMaximum(fan_in=2, range=3, encoding="bipolar", counter_bits=16)
    np.testing.assert_array_equal(rectified, unit.run({"values": pair})[0]["maximum"])


def test_the_sum_saturates():
    unit = IntegralReLU(range=4, counter_bits=3)
    outputs, state = unit.run({"value": [4, 4, -4, -4, -4, 1]})
    # Sums 0, 3, 3, -1, -4, -4, -3.
    assert outputs["rectified"][:, 0].tolist() == [4, 4, -4, 0, 0, 0]
    assert state.registers["total"].tolist() == [-3]


def test_bad_options():
    with pytest.raises(
        ValueError, match="^IntegralReLU range must be between 1 and 65536, not 0"
    ):
        IntegralReLU(range=0)
    with pytest.raises(ValueError, match="^IntegralReLU counter_bits must be between 2 and 32"):
        IntegralReLU(range=1, counter_bits=1)
