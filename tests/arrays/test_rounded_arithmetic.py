"""Quotients, roots and means rounded once, against fractions."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest

from fixedpoint import FixedArray, Format, Overflow, Rounding, divide, mean, quantize, sqrt
from tests.support.array_values import values

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("rounding", [r for r in Rounding if r is not Rounding.STOCHASTIC])
def test_divide_and_sqrt_of_all_small_codes(rounding):
    from tests.support.exact_rounding import expected

    a = FixedArray(np.arange(-16, 16), "sQ2.3")
    b = FixedArray([c for c in range(-8, 8) if c], "sQ1.3")
    for name in ("sQ3.2", "uQ1.5", "sQ6.-2"):
        fmt = Format.parse(name)
        for overflow in (Overflow.SATURATE, Overflow.WRAP):
            quotient = divide(a.reshape(-1, 1), b, fmt, rounding, overflow)
            exact = [x / y for x, y in itertools.product(values(a), values(b))]
            assert quotient.codes.ravel().tolist() == expected(exact, fmt, rounding, overflow)
    # A root lies beside the rationals where they are compared with: bracket it by squares.
    positive = FixedArray(np.arange(256), "uQ4.4")
    for name in ("uQ2.3", "sQ3.0", "uQ3.-1", "uQ0.9"):
        fmt = Format.parse(name)
        exact = []
        for value in values(positive):
            scaled = value * 4**40
            root = Fraction(math.isqrt(int(scaled)), 2**40)
            exact.append(root if root**2 == value else root + Fraction(1, 2**41))
        result = sqrt(positive, fmt, rounding)
        assert result.codes.tolist() == expected(exact, fmt, rounding, Overflow.SATURATE)


@pytest.mark.parametrize("rounding", [r for r in Rounding if r is not Rounding.STOCHASTIC])
def test_means(rounding):
    from tests.support.exact_rounding import expected

    rng = np.random.default_rng(7)
    for name in ("sQ3.4", "uQ2.3", "sQ8.-2"):
        source = Format.parse(name)
        shape = (3, 5, 7)
        codes = rng.integers(source.minimum_code, source.maximum_code, shape, endpoint=True)
        codes[0, 0] = source.minimum_code
        a = FixedArray(codes, source)
        for axis, keepdims in itertools.product(
            [None, 0, -1, (0, 2), (0, 1, 2)], [False, True]
        ):
            totals = codes.sum(axis=axis, keepdims=keepdims)
            count = codes.size // totals.size
            exact = [Fraction(int(t), count) * source.resolution for t in totals.ravel()]
            for target in (source, Format.parse("sQ2.1"), Format.parse("uQ3.9")):
                made = mean(a, target, rounding, axis=axis, keepdims=keepdims)
                assert made.shape == totals.shape
                want = expected(exact, target, rounding, Overflow.SATURATE)
                assert made.codes.ravel().tolist() == want


def test_mean_with_random_bits():
    class Ramp:
        width = 2

        def words(self, n, start=0):
            return (np.arange(start, start + n) % 4).astype(np.uint32)

    # 7/3 and a word over 4: 2.33, 2.58, 2.83, 3.08.
    a = FixedArray(np.tile([[1], [2], [4]], 4), "sQ4.0")
    made = mean(a, "sQ4.0", Rounding.STOCHASTIC, axis=0, bits=Ramp())
    assert made.codes.tolist() == [2, 2, 2, 3]


def test_means_of_nothing():
    none = FixedArray(np.zeros((0, 3), int), "sQ4.0")
    assert mean(none, "sQ4.0", axis=1).shape == (0,)
    with pytest.raises(
        ValueError, match=r"^mean takes at least one element to a mean, not shape \(0, 3\)$"
    ):
        mean(none, "sQ4.0", axis=0)
    with pytest.raises(
        ValueError,
        match="^the dividend in sQ5.0 needs 67 bits for this result, more than 64$",
    ):
        mean(FixedArray([1, 2], "sQ4.0"), "sQ4.60")


def test_divide_and_sqrt_refuse_what_has_no_result():
    a = FixedArray([[4, -4]], "sQ4.2")
    with pytest.raises(
        ZeroDivisionError,
        match=r"^divide takes divisors other than 0, not 0 at index \(0, 1\)$",
    ):
        divide(a, FixedArray([1, 0], "sQ4.0"), "sQ4.4")
    with pytest.raises(
        ValueError, match=r"^sqrt takes numbers from 0, not -1.0 at index \(0, 1\)$"
    ):
        sqrt(a, "sQ4.4")
    with pytest.raises(
        ValueError,
        match="^the dividend in sQ40.0 needs 73 bits for this result, more than 64$",
    ):
        divide(a.cast("sQ40.0"), a, "sQ4.28")
    big = FixedArray([2**62 - 1, 2**62, (2**31 - 1) ** 2, (2**31 - 1) ** 2 - 1], "uQ63.0")
    assert sqrt(big, "uQ40.-1", Rounding.TRUNCATE).codes.tolist() == [
        math.isqrt(int(c)) // 2 for c in big.codes
    ]


def test_divide_near_the_end_of_64_bits():
    least = FixedArray([-(2**60), 2**60 - 1], "sQ61.0")
    for divisor in (-1, 1):
        made = divide(least, FixedArray([divisor] * 2, "sQ2.0"), "sQ62.0")
        assert made.codes.tolist() == [c * divisor for c in least.codes.tolist()]
    greatest = FixedArray([2**61 - 1], "uQ61.0")
    assert divide(greatest, FixedArray([1], "uQ1.0"), "uQ61.0").codes.tolist() == [2**61 - 1]
    # A coarser result needs no bits above the dividend's.
    wide = FixedArray([-(2**63), 2**63 - 1], "sQ64.0")
    made = divide(wide, FixedArray([1, -1], "sQ2.0"), "sQ65.-3", Rounding.CEIL)
    assert made.codes.tolist() == [-(2**60), -(2**60) + 1]
    for sound, divisor in ((least, "sQ2.0"), (greatest, "uQ1.0")):
        wide = sound.cast(sound.format.replace(int_bits=62))
        message = f"the dividend in {wide.format} needs 65 bits for this result, more than 64"
        with pytest.raises(ValueError, match=f"^{message}$"):
            divide(wide, FixedArray([1], divisor), "sQ62.0")


def test_integers_of_numpy_in_lists_keep_their_digits():
    large = 2**62 + 1
    for integers in ([np.int64(large), np.uint64(5)], [large, 5]):
        assert quantize(integers, "uQ64.0").codes.tolist() == [large, 5]
    assert quantize([Fraction(1, 3), np.int64(2)], "uQ8.8").codes.tolist() == [85, 512]


def test_functions_of_numpy_take_what_keeps_the_format():
    a = FixedArray([300], "sQ10.0")
    message = "numpy.concatenate of FixedArray takes arrays and axis, not dtype, casting"
    with pytest.raises(TypeError, match=f"^{message}$"):
        np.concatenate((a, a), dtype=np.int8, casting="unsafe")
    with pytest.raises(TypeError, match="^numpy.stack of FixedArray takes arrays and axis"):
        np.stack(arrays=[a, a])
    with pytest.raises(TypeError, match="^an operand beside a FixedArray needs a format"):
        np.array_equal(a, [300])
    assert np.concatenate((a, a), axis=0).codes.tolist() == [300, 300]
