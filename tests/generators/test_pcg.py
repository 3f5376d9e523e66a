"""PCG words against NumPy's."""

import numpy as np
import pytest

from stochastic import Pcg


@pytest.mark.parametrize("width", [1, 8, 32])
def test_words_are_those_of_numpy(width):
    raw = np.random.PCG64(5).random_raw(2000)
    expected = [int(value) >> (64 - width) for value in raw]
    assert Pcg(width=width, seed=5).words(2000).tolist() == expected
    assert Pcg(width=width, seed=5).words(100, 1900).tolist() == expected[1900:]
