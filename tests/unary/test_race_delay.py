"""RaceDelay adds a constant to every time."""

import numpy as np
import pytest

from stochastic import Bitstream, RaceDelay


@pytest.mark.parametrize("constant", [1, 5, 32])
def test_every_time(constant):
    edges = np.arange(80) >= np.arange(81)[:, None]
    found = RaceDelay(cycles=constant).apply(x=Bitstream.from_bits(edges, "unipolar"))
    expected = np.minimum(np.arange(81) + constant, 80)
    np.testing.assert_array_equal(80 - found.count(), expected)


def test_constants_are_checked():
    with pytest.raises(ValueError, match="^RaceDelay cycles must be between 1 and 32, not 0$"):
        RaceDelay(cycles=0)
