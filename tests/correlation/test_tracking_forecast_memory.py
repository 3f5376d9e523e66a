"""Tracking forecast memory: bias, variance and correlation."""

import numpy as np
import pytest

from stochastic import Bitstream, Counter, Lfsr, Pcg, TrackingForecastMemory, scc


@pytest.mark.parametrize("shift", [1, 3, 5])
def test_variance_of_the_tracked_mean(shift):
    rng = np.random.default_rng(shift)
    memory = TrackingForecastMemory(
        generator=Pcg(width=20, seed=101), shift=shift, initial=1 << 18
    )
    x = (rng.random((600, 20000)) < 0.25).astype(np.int64)
    _, state = memory.run({"x": x})
    value = state.registers["value"] / 2**20
    part = 2.0**-shift
    assert abs(value.mean() - 0.25) < 0.005
    assert value.var() == pytest.approx(0.25 * 0.75 * part / (2 - part), rel=0.05)


def test_both_ends():
    # At the upper end 1.0 is exact; at the lower one the shift that rounds down leaves up
    # to 2^k - 1.
    memory = TrackingForecastMemory(generator=Counter(width=6), shift=2, initial=13)
    _, high = memory.run({"x": [1] * 200})
    _, low = memory.run({"x": [0] * 200}, state=high)
    assert high.registers["value"].tolist() == [64]
    assert low.registers["value"].tolist() == [3]


def test_streams_of_one_sequence_become_independent():
    rng = np.random.default_rng(4)
    x = Bitstream.from_bits(rng.random(1 << 17) < 0.5, "unipolar")
    first = TrackingForecastMemory(generator=Pcg(width=16, seed=101), shift=6, initial=1 << 15)
    second = first.replace(generator=Pcg(width=16, seed=102))
    # What is left is the common variance of the tracked mean, b / (2 - b) with b = 1 / 64.
    left = scc(first.apply(x=x), second.apply(x=x))
    assert abs(left - 1 / 127) < 5 * 2**-8.5


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"shift": 5}, "TrackingForecastMemory shift must be between 1 and 4, not 5"),
        (
            {"shift": 1, "initial": 17},
            "TrackingForecastMemory initial must be between 0 and 16, not 17",
        ),
    ],
)
def test_bad_parameters_are_one_sentence(options, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        TrackingForecastMemory(generator=Lfsr(width=4), **options)
