import math
from fractions import Fraction

import numpy as np
import pytest

from fixedpoint import (
    FixedArray,
    Format,
    Overflow,
    Rounding,
    WordReader,
    divide,
    multiply,
    sqrt,
)
from fixedpoint.arrays import quantize
from stochastic import Counter, Lfsr
from tests.support.exact_rounding import fitted
from tests.support.word_sources import Periodic, Words

# The kernels take long to compile.
pytestmark = pytest.mark.slow

STOCHASTIC = Rounding.STOCHASTIC


def expected(values, fmt, source, start, overflow=Overflow.SATURATE):
    """floor(v + word / 2^width), v in units of the resolution, one word an element."""
    words = source.words(len(values), start).tolist()
    return [
        fitted(math.floor(v / fmt.resolution + Fraction(w, 2**source.width)), fmt, overflow)
        for v, w in zip(values, words, strict=True)
    ]


@pytest.mark.parametrize("source", [Words(1), Words(4), Words(9), Words(32), Periodic(6)])
def test_each_element_takes_the_next_word_in_c_order(source):
    rng = np.random.default_rng(17)
    for name in ("sQ4.4", "sQ2.14", "uQ3.5", "sQ20.40", "sQ1.63"):
        fmt = Format.parse(name)
        codes = rng.integers(fmt.minimum_code, fmt.maximum_code, (6, 8), endpoint=True)
        array = FixedArray(codes, fmt)
        values = [int(c) * fmt.resolution for c in codes.ravel()]
        for target in ("sQ3.2", "uQ2.3", "sQ3.0", "sQ-2.4", "sQ5.-1", "sQ4.20", "sQ8.-6"):
            target = Format.parse(target)
            for overflow in (Overflow.SATURATE, Overflow.WRAP):
                want = expected(values, target, source, 21, overflow)
                reader = WordReader(source, 21)
                result = array.cast(target, STOCHASTIC, overflow, bits=reader)
                assert result.codes.ravel().tolist() == want, (name, target)
                # A word for each element, needed or not.
                assert reader.position == 21 + 48
            if fmt.width <= 53:
                reader = WordReader(source, 21)
                again = quantize(array.to_float(), target, STOCHASTIC, overflow, bits=reader)
                assert again.codes.ravel().tolist() == want and reader.position == 69


def test_doubles_of_any_size():
    source = Words(12)
    values = [0.3, -0.3, 5e-324, -5e-324, 1e300, -1e300, 2.0**63, 2.5, -2.5, 0.0] * 3
    exact = [Fraction(v) for v in values]
    for name in ("sQ4.4", "uQ64.0", "sQ64.0", "sQ6.-2"):
        fmt = Format.parse(name)
        for overflow in (Overflow.SATURATE, Overflow.WRAP, Overflow.SATURATE_ZERO):
            result = quantize(values, fmt, STOCHASTIC, overflow, bits=source)
            assert result.codes.tolist() == expected(exact, fmt, source, 0, overflow)
            objects = quantize(exact, fmt, STOCHASTIC, overflow, bits=source)
            assert objects.is_identical(result)


@pytest.mark.parametrize("width", [1, 3, 8])
def test_over_all_words_the_mean_is_the_value(width):
    # As many of the 2^width words round up as the rest has 2^-width parts: no tolerance.
    fmt = Format.parse("sQ4.6")
    counter = Counter(width=width)
    for code in range(fmt.minimum_code, fmt.maximum_code + 1):
        every = FixedArray(np.full(2**width, code), fmt)
        result = every.cast("sQ5.0", STOCHASTIC, bits=counter)
        visible = math.floor(Fraction(code, 64) * 2**width)
        assert int(result.codes.sum(dtype=int)) == visible


def test_products_quotients_and_roots():
    source = Words(10)
    a = FixedArray(np.arange(-32, 32), "sQ2.4")
    b = FixedArray([c for c in range(-9, 10) if c], "sQ2.3")
    fmt = Format.parse("sQ3.2")
    exact = [Fraction(int(x) * int(y), 128) for x in a.codes for y in b.codes]
    product = multiply(a.reshape(-1, 1), b, fmt, STOCHASTIC, bits=source)
    assert product.codes.ravel().tolist() == expected(exact, fmt, source, 0)
    exact = [Fraction(int(x), 16) / Fraction(int(y), 8) for x in a.codes for y in b.codes]
    reader = WordReader(source, 5)
    quotient = divide(a.reshape(-1, 1), b, fmt, STOCHASTIC, bits=reader)
    assert quotient.codes.ravel().tolist() == expected(exact, fmt, source, 5)
    assert reader.position == 5 + 64 * 18
    squares = FixedArray(np.arange(256), "uQ4.4")
    # The root to 2^-60: no word of 10 bits can tell the difference.
    exact = [Fraction(math.isqrt(c << 116), 1 << 60) for c in range(256)]
    root = sqrt(squares, fmt, STOCHASTIC, bits=source)
    assert root.codes.tolist() == expected(exact, fmt, source, 0)


def test_the_words_are_those_of_the_generator():
    # Twice around a 16-bit register and on: the reader keeps one period.
    lfsr = Lfsr(width=16, seed=77)
    n = 2 * 65535 + 100
    codes = np.resize(np.arange(-(2**15), 2**15), n)
    result = FixedArray(codes, "sQ4.12").cast("sQ8.4", STOCHASTIC, bits=WordReader(lfsr, 9))
    words = lfsr.words(n, 9).astype(np.int64)
    assert np.array_equal(result.codes, (codes + (words >> 8)) >> 8)


def test_a_reader_goes_on_where_it_stopped():
    values = np.linspace(-3, 3, 40)
    whole = quantize(values, "sQ3.1", STOCHASTIC, bits=Words())
    reader = WordReader(Words())
    parts = [
        quantize(part, "sQ3.1", STOCHASTIC, bits=reader) for part in (values[:7], values[7:])
    ]
    assert np.concatenate(parts).is_identical(whole)
    # A source alone is read from its word 0 every time.
    assert quantize(values, "sQ3.1", STOCHASTIC, bits=Words()).is_identical(whole)
    assert reader.read(3).tolist() == Words().words(3, 40).tolist()
    empty = WordReader(Words())
    assert quantize(np.zeros(0), "sQ3.1", STOCHASTIC, bits=empty).shape == (0,)
    assert empty.position == 0


class Broken(Words):
    def __init__(self, words, width=4):
        self.width, self.answer = width, words

    def words(self, n, start=0):
        return self.answer


@pytest.mark.parametrize(
    "source, kind, message",
    [
        (None, TypeError, "STOCHASTIC rounding needs bits=, a word source such as an LFSR"),
        (7, TypeError, "a word source must have words(n, start) and width, unlike 7"),
        (Words(33), ValueError, "word source width must be between 1 and 32, not 33"),
        (
            Broken(np.array([1, 2])),
            TypeError,
            "a word source must give 1 integers, not int64 of shape (2,)",
        ),
        (
            Broken(np.array([0.5])),
            TypeError,
            "a word source must give 1 integers, not float64 of shape (1,)",
        ),
        (
            Broken(np.array([16])),
            ValueError,
            "a word source of 4 bits must give words from 0 to 15, not 16",
        ),
        (
            Broken(np.array([-1])),
            ValueError,
            "a word source of 4 bits must give words from 0 to 15, not -1",
        ),
    ],
)
def test_what_is_no_source_is_refused(source, kind, message):
    with pytest.raises(kind) as error:
        quantize([0.5], "sQ4.0", STOCHASTIC, bits=source)
    assert str(error.value) == message


def test_a_reader_that_keeps_a_period_reads_the_same_words():
    lfsr = Lfsr(width=6, seed=5)
    reader, position = WordReader(lfsr), 0
    # The first read keeps the 63 words; others are within them, at their end, across it.
    for n in (63, 10, 53, 0, 62, 1, 5, 200, 33):
        words, first = reader.span(n)
        found = [int(words[(first + i) % len(words)]) for i in range(n)]
        assert found == lfsr.words(n, position).tolist()
        position += n
        assert reader.position == position
