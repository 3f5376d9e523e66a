"""The published generator: its map, its jump and its period."""

import numpy as np
import pytest

from stochastic.generators.gf2 import advance
from stochastic.invertible import XorshiftPlus
from stochastic.invertible.xorshift_plus import next_state, step_columns


def test_one_step_by_hand():
    """Registers with one bit each, through the four equations."""
    s0, s1, x0, x1 = 1 << 63, 1 << 60, 1 << 5, 3
    state = s0 | s1 << 64 | x0 << 128 | x1 << 192
    after = next_state(state)
    parts = [after >> (64 * i) & (2**64 - 1) for i in range(4)]
    assert parts == [1 << 60, 3, 1 << 63, 1 << 5 | 1 << 60 | 1 << 4 | 1 << 6]


def test_kernel_and_jump_equal_steps():
    generator = XorshiftPlus(width=32, seed=7)
    words = generator.words(1000)
    state = generator.state
    for t in range(1000):
        assert int(words[t]) == ((state >> 192) + (state >> 64)) & 0xFFFFFFFF
        state = next_state(state)
    assert np.array_equal(generator.words(3, start=700), words[700:703])
    assert np.array_equal(XorshiftPlus(width=5, seed=7).words(1000), words & 31)
    assert not np.array_equal(XorshiftPlus(width=32, seed=8).words(1000), words)


def test_period_and_no_half_of_it():
    generator = XorshiftPlus(width=32)
    start = advance(step_columns(), generator.state, 300)
    assert advance(step_columns(), start, generator.period) == start
    for factor in (2, 31):
        assert advance(step_columns(), start, generator.period // factor) != start


def test_bits_are_balanced_and_unlike():
    words = XorshiftPlus(width=20).words(20000)
    bits = 2.0 * ((words[:, None] >> np.arange(20)) & 1) - 1
    correlation = bits.T @ bits / len(bits)
    assert np.abs(bits.mean(0)).max() < 5 / np.sqrt(20000)
    assert np.abs(correlation - np.eye(20)).max() < 5 / np.sqrt(20000)


def test_bad_seed():
    with pytest.raises(ValueError, match="XorshiftPlus seed") as error:
        XorshiftPlus(width=8, seed=-1)
    assert str(error.value) == (
        "XorshiftPlus seed must be between 0 and 9223372036854775807, not -1"
    )
