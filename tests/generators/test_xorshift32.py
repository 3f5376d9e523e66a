"""Xorshift32 words against printed values, a naive loop and the order of its matrix."""

import numpy as np
import pytest

from stochastic import Xorshift32


def test_published_values():
    # The seed in Marsaglia's paper and the outputs that follow it.
    words = Xorshift32(width=32, seed=2463534242).words(4)
    assert words.tolist() == [2463534242, 723471715, 2497366906, 2064144800]


@pytest.mark.parametrize("seed", [1, 2463534242, 2**31, 2**32 - 1])
@pytest.mark.parametrize("width", [1, 8, 31, 32])
def test_is_the_naive_loop(width, seed):
    states = []
    y = seed
    for _ in range(5000):
        states.append(y)
        y = (y ^ (y << 13)) % 2**32
        y = y ^ (y >> 17)
        y = (y ^ (y << 5)) % 2**32
    expected = [state >> (32 - width) for state in states]
    assert Xorshift32(width=width, seed=seed).words(5000).tolist() == expected


def test_period_by_matrix_order():
    columns = [int(Xorshift32(width=32, seed=1 << i).words(1, 1)[0]) for i in range(32)]
    matrix = np.array([[c >> row & 1 for c in columns] for row in range(32)])

    def power(exponent):
        result = np.eye(32, dtype=np.int64)
        for bit in f"{exponent:b}":
            result = result @ result % 2
            if bit == "1":
                result = result @ matrix % 2
        return result

    identity = np.eye(32, dtype=np.int64)
    assert np.array_equal(power(2**32 - 1), identity)
    for factor in (3, 5, 17, 257, 65537):
        assert not np.array_equal(power((2**32 - 1) // factor), identity)
