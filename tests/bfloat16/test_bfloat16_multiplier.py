"""Products of bfloat16 against PyTorch, fractions and IEEE 754."""

from fractions import Fraction

import numpy as np
import pytest

from fixedpoint import Bfloat16Multiplier, from_bfloat16
from fixedpoint.bfloat16.number import multiply
from tests.support.bfloat16_patterns import NAN, corners, patterns, random_pairs, run, tensor


@pytest.mark.parametrize("pairs", [corners, lambda: random_pairs(500_000)])
def test_products_are_those_of_torch(pairs):
    a, b = pairs()
    product = run(Bfloat16Multiplier(), a, b)
    np.testing.assert_array_equal(product, patterns(tensor(a) * tensor(b)))


# The product is 1 or so, subnormal at every place, or infinite.
@pytest.mark.parametrize("exponents", [127, *range(54, 65), 190, 191, 0])
def test_products_of_all_significands(exponents):
    a, b = np.meshgrid(np.arange(128) | exponents << 7, np.arange(128) | 64 << 7)
    a, b = a.reshape(-1), b.reshape(-1)
    product = run(Bfloat16Multiplier(), a, b)
    np.testing.assert_array_equal(product, patterns(tensor(a) * tensor(b)))
    # No neighbour is nearer to the exact product, and none as near has an even pattern.
    for x, y, pattern in list(zip(a.tolist(), b.tolist(), product.tolist(), strict=True))[::97]:
        exact = number(x) * number(y)
        distance = abs(number(pattern) - exact)
        for other in (pattern - 1, pattern + 1):
            if 0 <= other < 0x7F80 > pattern:
                further = abs(number(other) - exact)
                assert further > distance or (further == distance and pattern % 2 == 0)


def number(pattern):
    return Fraction(from_bfloat16(pattern).item()) if pattern < 0x7F80 else Fraction(2) ** 128


@pytest.mark.parametrize(
    ("a", "b", "product"),
    [
        (0x0000, 0xBF80, 0x8000),
        (0x8000, 0x8000, 0x0000),
        (0x7F80, 0x8000, NAN),
        (0x7F80, 0xBF80, 0xFF80),
        (0x7FC1, 0x3F80, NAN),
        (0x7F7F, 0x4000, 0x7F80),
        # 2^-133 / 2 is a tie, which goes to 0; 3/2 of it goes to twice the least number.
        (0x0001, 0x3F00, 0x0000),
        (0x0003, 0x3F00, 0x0002),
        (0x0001, 0xBFC0, 0x8002),
        (0x0080, 0x3F00, 0x0040),
        (0x00FF, 0x3F00, 0x0080),
    ],
)
def test_products_of_ieee_754(a, b, product):
    assert run(Bfloat16Multiplier(), [a, b], [b, a]).tolist() == [product, product]
    assert multiply(a, b) == multiply(b, a) == product
