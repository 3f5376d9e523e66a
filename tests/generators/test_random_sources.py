"""Xorshift32 and PCG words against printed values, naive loops and NumPy; rotations."""

import numpy as np
import pytest

from stochastic import Counter, Lfsr, Pcg, Xorshift32


def test_xorshift_published_values():
    # The seed in Marsaglia's paper and the outputs that follow it.
    words = Xorshift32(width=32, seed=2463534242).words(4)
    assert words.tolist() == [2463534242, 723471715, 2497366906, 2064144800]


@pytest.mark.parametrize("seed", [1, 2463534242, 2**31, 2**32 - 1])
@pytest.mark.parametrize("width", [1, 8, 31, 32])
def test_xorshift_is_the_naive_loop(width, seed):
    states = []
    y = seed
    for _ in range(5000):
        states.append(y)
        y = (y ^ (y << 13)) % 2**32
        y = y ^ (y >> 17)
        y = (y ^ (y << 5)) % 2**32
    expected = [state >> (32 - width) for state in states]
    assert Xorshift32(width=width, seed=seed).words(5000).tolist() == expected


def test_xorshift_period_by_matrix_order():
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


@pytest.mark.parametrize("width", [1, 8, 32])
def test_pcg_is_numpys(width):
    raw = np.random.PCG64(5).random_raw(2000)
    expected = [int(value) >> (64 - width) for value in raw]
    assert Pcg(width=width, seed=5).words(2000).tolist() == expected
    assert Pcg(width=width, seed=5).words(100, 1900).tolist() == expected[1900:]


@pytest.mark.parametrize("width", [3, 8, 17, 32])
def test_rotations_move_every_bit(width):
    generator = Lfsr(width=width, seed=3, zero_state=True)
    words = generator.words(500).tolist()
    for by in range(width):
        expected = []
        for word in words:
            bits = f"{word:0{width}b}"
            expected.append(int(bits[by:] + bits[:by], 2))
        assert generator.rotated(by).words(500).tolist() == expected


def test_rotation_starts_at_its_own_phase_after_the_generators():
    rotated = Counter(width=4, phase=2).rotated(1).replace(phase=3)
    assert rotated.words(3).tolist() == [10, 12, 14]  # 5, 6, 7, each doubled


def test_counters_count():
    for width in (1, 3, 12):
        up = [t % 2**width for t in range(2 ** (width + 1))]
        assert Counter(width=width).words(len(up)).tolist() == up
        down = [2**width - 1 - t for t in up]
        assert Counter(width=width, direction="down").words(len(up)).tolist() == down
    ends = [2**32 - 2, 2**32 - 1, 0, 1]
    assert Counter(width=32).words(4, 2**32 - 2).tolist() == ends
    down = Counter(width=32, direction="down").words(4, 2**32 - 2)
    assert down.tolist() == [1, 0, 2**32 - 1, 2**32 - 2]
