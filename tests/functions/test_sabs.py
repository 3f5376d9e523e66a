"""The counter of the absolute value."""

import numpy as np
import pytest

from stochastic import Bitstream, Sabs


def test_table_of_outputs():
    # Odd states above half and even states below, for K = 8.
    assert Sabs(states=8).output_table[0, 0].tolist() == [1, 0, 1, 0, 0, 1, 0, 1]


def test_both_full_scales_give_one():
    bits = np.array([[1] * 200, [0] * 200])
    y = Sabs(states=8).apply(x=Bitstream.from_bits(bits, "bipolar"))
    # The counter rests at an end, where the output is 1, after at most 4 cycles.
    assert (y.count() >= 196).all()


@pytest.mark.parametrize("states", [2, 6, 9])
def test_bad_options(states):
    with pytest.raises(
        ValueError, match=f"^Sabs states must be a multiple of 4, not {states}$"
    ):
        Sabs(states=states)
