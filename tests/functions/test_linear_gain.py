"""The linear gain with a second stream."""

import numpy as np
import pytest

from sim.oracles.birth_death import stationary_law
from stochastic import Bitstream, Lfsr, LinearGain, encode


@pytest.mark.parametrize(("states", "error"), [(16, 0.142), (64, 0.020), (256, 0.0014)])
def test_many_states_tend_to_the_clipped_line(states, error):
    # P = clip((1 + k) p / (1 - k) - k / (1 - k), 0, 1) away from the corners of the line.
    k, worst = 0.5, 0.0
    upper = np.arange(states) >= states // 2
    for p in (0.05, 0.1, 0.45, 0.55, 0.9, 0.95):
        up = np.where(upper, p * k, p)
        down = np.where(upper, 1 - p, (1 - p) * k)
        one = stationary_law(up, down)[0][upper].sum()
        line = np.clip((1 + k) / (1 - k) * p - k / (1 - k), 0, 1)
        worst = max(worst, abs(one - line))
    assert worst <= error


def test_equal_generators_are_refused():
    generator = Lfsr(width=8)
    x, k = (encode(0.5, generator, 255, kind) for kind in ("bipolar", "unipolar"))
    with pytest.raises(ValueError, match=r"^LinearGain needs independent operands, but Lfsr"):
        LinearGain(states=8).apply(x=x, k=k)
    assert LinearGain(states=8).apply(x=x, k=k, correlated=True).length == 255


def test_encodings_are_checked_by_name():
    x = Bitstream.from_bits([1, 0, 1], "bipolar")
    with pytest.raises(ValueError, match="^LinearGain k must be unipolar, not bipolar$"):
        LinearGain(states=8).apply(x=x, k=x)
