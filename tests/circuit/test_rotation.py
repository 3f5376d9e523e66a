"""Rotated words, against the rotation of their bits as text."""

import numpy as np
import pytest

from fixedpoint.circuit.rotation import lane_words, rotated


def turned(word, by, width):
    text = f"{word:0{width}b}"
    return int((text * 2)[by % width :][:width], 2)


@pytest.mark.parametrize("width", [1, 2, 5, 31, 32])
def test_words_are_rotated_left_modulo_their_width(width):
    rng = np.random.default_rng(width)
    words = [0, 1, 2**width - 1, *rng.integers(0, 2**width, 20).tolist()]
    lanes = 2 * width + 1
    expected = [[turned(word, lane, width) for lane in range(lanes)] for word in words]
    assert [[rotated(word, lane, width) for lane in range(lanes)] for word in words] == expected
    found = lane_words(np.array(words, np.uint32), width, lanes)
    assert found.dtype == np.uint32
    assert found.tolist() == expected


def test_no_words():
    assert lane_words(np.empty(0, np.uint32), 3, 4).shape == (0, 4)
