"""The hard tanh: the sum of its input is kept, and clipped at full scale."""

import itertools

import numpy as np
import pytest

from stochastic import Bitstream, HardTanh, VanDerCorput, encode


@pytest.mark.parametrize("g", [1, 2, 3])
def test_sum_is_kept_for_every_stream_of_nine_bits(g):
    # With 16 bits the counter never saturates: what the output lacks is in it.
    x = np.array(list(itertools.product((0, 1), repeat=9))).T
    outputs, state = HardTanh(gain_factor=g, width=16).run({"x": x})
    left = g * (2 * x - 1).sum(axis=0) - (2 * outputs["y"] - 1).sum(axis=0)
    np.testing.assert_array_equal(left, state.registers["stored"])


@pytest.mark.parametrize("g", [1, 2, 5])
def test_regular_streams_are_scaled_and_clipped(g):
    values = np.linspace(-1, 1, 65)
    x = encode(values, VanDerCorput(width=10), 1024, "bipolar")
    y = HardTanh(gain_factor=g, width=8).apply(x=x)
    assert np.abs(y.value - np.clip(g * values, -1, 1)).max() <= 2 * g * 10 / 1024


def test_gain_of_one_passes_the_stream():
    x = Bitstream.from_bits(np.random.default_rng(1).random((3, 200)) < 0.3, "bipolar")
    np.testing.assert_array_equal(HardTanh(gain_factor=1).apply(x=x).words, x.words)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"gain_factor": 0}, "HardTanh gain_factor must be between 1 and 64, not 0"),
        (
            {"gain_factor": 4, "width": 4},
            "HardTanh width with a gain of 4 must be between 5 and 32, not 4",
        ),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        HardTanh(**options)
