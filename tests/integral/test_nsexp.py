"""NSexp at its ends."""

import pytest

from stochastic import NSexp


def test_output_is_zero_in_the_upper_states():
    unit = NSexp(states=8, range=1, gain=3, initial=3)
    outputs, _ = unit.run({"value": [1, 1, 1, 1, -1, -1]})
    # States 3, 4, 5, 6, 7, 6: K - G is 5.
    assert outputs["y"][:, 0].tolist() == [1, 1, 0, 0, 0, 0]


@pytest.mark.parametrize("gain", [0, 8])
def test_bad_gain(gain):
    with pytest.raises(
        ValueError, match=f"^NSexp gain with 8 states must be between 1 and 7, not {gain}$"
    ):
        NSexp(states=8, range=1, gain=gain)
