"""RaceEncoder: every code is a time."""

import numpy as np
import pytest

from stochastic import RaceEncoder


@pytest.mark.parametrize("width", [1, 2, 5])
def test_every_code(width):
    full = 1 << width
    codes = np.tile(np.arange(full + 1), (full + 5, 1))
    outputs, state = RaceEncoder(width=width).run({"code": codes})
    np.testing.assert_array_equal((outputs["stream"] == 0).sum(axis=0), np.arange(full + 1))
    assert np.all(np.diff(outputs["stream"], axis=0) >= 0)
    # The counter stops, so the edge stays.
    assert state.registers["count"].tolist() == [full] * (full + 1)


def test_bad_width_is_one_sentence():
    with pytest.raises(
        ValueError, match="^RaceEncoder width must be between 1 and 32, not 33$"
    ):
        RaceEncoder(width=33)
