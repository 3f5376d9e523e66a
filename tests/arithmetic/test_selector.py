"""Scaled adder whose generator stands outside."""

import numpy as np
import pytest

from stochastic import Lfsr, MuxAdder, Permuted, Selector


@pytest.mark.parametrize("fan_in", [2, 3, 8])
@pytest.mark.parametrize("order", [None, (2, 0, 1)])
def test_with_a_generator_it_is_the_mux_adder(fan_in, order):
    generator = Lfsr(width=3)
    words = generator.words(50).astype(np.int64)
    streams = np.random.default_rng(2).integers(0, 2, (50, 3 * fan_in))
    own = Permuted(width=3, generator=generator, order=order) if order else generator
    expected, _ = MuxAdder(fan_in=fan_in, generator=own).run({"streams": streams})
    inputs = {"word": np.tile(words[:, None], (1, 3)), "streams": streams}
    found, _ = Selector(width=3, fan_in=fan_in, order=order).run(inputs)
    np.testing.assert_array_equal(found["mean"], expected["mean"])


def test_more_streams_than_words_are_refused():
    with pytest.raises(
        ValueError,
        match="^Selector fan_in with a word of 2 bits must be between 2 and 4, not 5$",
    ):
        Selector(width=2, fan_in=5)
