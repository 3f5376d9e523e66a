"""Rotated words against the rotation of their bits as text."""

import pytest

from stochastic import Counter, Lfsr, Pcg, Permuted


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


@pytest.mark.parametrize("phase", [0, 5, 2**128 - 1])
def test_a_generator_of_a_period_beyond_64_bits_can_be_delayed(phase):
    generator = Pcg(width=4, phase=phase)
    for changed in (
        generator.rotated(1),
        Permuted(width=4, generator=generator, order=(1, 0, 2, 3)),
    ):
        assert changed.delayed(1).words(9)[1:].tolist() == changed.words(8).tolist()
