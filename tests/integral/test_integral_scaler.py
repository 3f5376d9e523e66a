"""Division of an integral stream by a power of two."""

import pytest

from stochastic import IntegralScaler


@pytest.mark.parametrize("value", range(-5, 6))
def test_a_period_of_a_constant_is_exact(value):
    unit = IntegralScaler(range=5, shift=2, encoding="bipolar")
    outputs, state = unit.run({"value": [value] * 4})
    assert outputs["scaled"].sum() == value
    assert state.registers["remainder"].tolist() == [0]
    low, high = unit.outputs[0].range
    assert (low, high) == (-2, 2)
    assert low <= outputs["scaled"].min() <= outputs["scaled"].max() <= high


def test_full_scale_with_the_largest_remainder():
    unit = IntegralScaler(range=5, shift=2)
    outputs, _ = unit.run({"value": [3, 5, 5]})
    assert outputs["scaled"][:, 0].tolist() == [0, 2, 1]


def test_bad_options():
    with pytest.raises(
        ValueError, match="^IntegralScaler shift must be between 1 and 16, not 0$"
    ):
        IntegralScaler(range=4, shift=0)
    with pytest.raises(ValueError, match="^IntegralScaler encoding must be one of unipolar"):
        IntegralScaler(range=4, shift=1, encoding="sign-magnitude")
