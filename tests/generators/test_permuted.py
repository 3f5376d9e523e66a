"""Permuted words against other generators of the same sequence."""

import numpy as np
import pytest

from stochastic import Counter, Lfsr, Permuted, VanDerCorput


@pytest.mark.parametrize("width", [1, 3, 8, 12])
def test_a_counter_with_reversed_bits_is_van_der_corput(width):
    order = tuple(reversed(range(width)))
    permuted = Permuted(width=width, generator=Counter(width=width), order=order)
    expected = VanDerCorput(width=width)
    np.testing.assert_array_equal(permuted.words(3000, 5), expected.words(3000, 5))


@pytest.mark.parametrize("by", [0, 1, 5])
def test_a_rotation_is_a_permutation(by):
    lfsr = Lfsr(width=8, phase=3)
    order = tuple((i - by) % 8 for i in range(8))
    permuted = Permuted(width=8, generator=lfsr, order=order)
    np.testing.assert_array_equal(permuted.words(600), lfsr.rotated(by).words(600))


@pytest.mark.parametrize(
    ("order", "kind", "message"),
    [
        ([0, 1, 2], TypeError, r"Permuted order must be a tuple, not \[0, 1, 2\]"),
        (
            (0, 1, 1),
            ValueError,
            r"Permuted order must have every bit of 3 once, not \(0, 1, 1\)",
        ),
        ((0, 1, 3), ValueError, "Permuted order must be between 0 and 2, not 3"),
        ((0, 1), ValueError, r"Permuted order must have every bit of 3 once, not \(0, 1\)"),
    ],
)
def test_bad_orders_are_one_sentence(order, kind, message):
    with pytest.raises(kind, match=f"^{message}$"):
        Permuted(width=3, generator=Counter(width=3), order=order)


def test_bad_generators_are_one_sentence():
    with pytest.raises(ValueError, match="^Permuted width must be its generator's 4, not 3$"):
        Permuted(width=3, generator=Counter(width=4), order=(0, 1, 2))
    with pytest.raises(TypeError, match="^Permuted generator must be a generator, not 4$"):
        Permuted(width=3, generator=4, order=(0, 1, 2))
