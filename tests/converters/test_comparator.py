"""Comparator of an SNG whose generator stands outside."""

import numpy as np
import pytest

from stochastic import Comparator, Counter, Lfsr, Permuted, Rotated, Sng


@pytest.mark.parametrize("order", [None, (1, 2, 3, 0), (3, 2, 1, 0)])
def test_with_a_generator_it_is_an_sng(order):
    generator = Lfsr(width=4)
    shared = Permuted(width=4, generator=generator, order=order) if order else generator
    code = np.arange(17)
    expected, _ = Sng(generator=shared).run({"code": np.tile(code, (40, 1))})
    words = generator.words(40).astype(np.int64)
    inputs = {"word": np.tile(words[:, None], (1, 17)), "code": np.tile(code, (40, 1))}
    found, _ = Comparator(width=4, order=order).run(inputs)
    np.testing.assert_array_equal(found["stream"], expected["stream"])


def test_a_rotation_is_an_order():
    counter = Counter(width=3)
    rotated = Rotated(width=3, generator=counter, by=1)
    order = tuple((i - 1) % 3 for i in range(3))
    assert Permuted(width=3, generator=counter, order=order).words(8).tolist() == (
        rotated.words(8).tolist()
    )


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"width": 0}, ValueError, "Comparator width must be between 1 and 32, not 0"),
        ({"width": 2, "order": [0, 1]}, TypeError, r"Comparator order must be a tuple, not \["),
        (
            {"width": 2, "order": (0, 0)},
            ValueError,
            r"Comparator order must have every bit of 2 once, not \(0, 0\)",
        ),
        (
            {"width": 2, "order": (0, 2)},
            ValueError,
            "Comparator order must be between 0 and 1, not 2",
        ),
    ],
)
def test_bad_input(options, error, message):
    with pytest.raises(error, match=f"^{message}"):
        Comparator(**options)
