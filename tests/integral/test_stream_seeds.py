"""Seeds and words of the registers behind the weights of a layer."""

import pytest

from stochastic import Lfsr
from stochastic.integral.stream_seeds import stream_seeds, stream_words


def test_seeds_differ_and_are_states():
    seeds = stream_seeds(250, 8, 7)
    assert len(set(seeds)) == 250
    assert 1 <= min(seeds) <= max(seeds) <= 255
    assert stream_seeds(20, 8, 7) == seeds[:20]
    assert stream_seeds(20, 8, 8) != seeds[:20]


@pytest.mark.parametrize("width", [3, 8, 13, 16])
def test_words_are_those_of_lfsrs(width):
    seeds = stream_seeds(6, width, 1)
    words = stream_words(seeds, width, 300)
    for column, seed in enumerate(seeds):
        assert words[:, column].tolist() == Lfsr(width=width, seed=seed).words(300).tolist()


def test_more_streams_than_states_are_refused():
    message = "^streams of 4-bit registers must be between 1 and 15, not 16$"
    with pytest.raises(ValueError, match=message):
        stream_seeds(16, 4, 1)
