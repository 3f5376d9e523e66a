"""Correlation measures against the printed formulas on all short streams."""

import re
from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from stochastic import (
    Bitstream,
    Lfsr,
    Sobol,
    add,
    autocorrelation,
    pearson,
    scc,
    zero_correlation_error,
)
from stochastic.streams import encode


def overlaps(x, y):
    """The counts of 11, 10, 01 and 00, cycle by cycle."""
    pairs = list(zip(x, y, strict=True))
    return tuple(pairs.count(p) for p in ((1, 1), (1, 0), (0, 1), (0, 0)))


def scc_as_printed(x, y):
    a, b, c, d = overlaps(x, y)
    length = len(x)
    if a * d > b * c:
        below = length * min(a + b, a + c) - (a + b) * (a + c)
    else:
        below = (a + b) * (a + c) - length * max(a - d, 0)
    return Fraction(a * d - b * c, below) if below else Fraction(0)


def zce_as_printed(x, y):
    a, b, c, _ = overlaps(x, y)
    length = len(x)
    p, q = Fraction(a + b, length), Fraction(a + c, length)
    least = Fraction((length * p * q + Fraction(1, 2)).__floor__(), length) - p * q
    delta = Fraction(a, length) - p * q
    return delta * (1 - abs(least / delta)) if delta else Fraction(0)


@pytest.mark.parametrize("length", [1, 2, 3, 4, 5])
def test_scc_and_zce_of_all_pairs_of_short_streams(length):
    streams = list(product((0, 1), repeat=length))
    x, y = np.array(streams)[:, None], np.array(streams)
    for measured, printed in (
        (scc(x, y), scc_as_printed),
        (zero_correlation_error(x, y), zce_as_printed),
    ):
        assert measured.shape == (2**length, 2**length)
        for (i, u), (j, v) in product(enumerate(streams), repeat=2):
            # One division of integers, correctly rounded.
            assert measured[i, j] == float(printed(u, v))


def test_the_printed_example_of_zce():
    # Px = 3/16, Py = 14/16: with 2 coincident ones SCC = -0.3846 and the error -10/256, of
    # which 6/256 no arrangement avoids; with 3 SCC = 1 and the error is the least possible.
    x = [1, 1, 1] + [0] * 13
    two = [0] + [1] * 14 + [0]
    three = [1] * 14 + [0] * 2
    assert round(float(scc(x, two)), 4) == -0.3846
    assert zero_correlation_error(x, two) == -4 / 256
    assert scc(x, three) == 1
    assert zero_correlation_error(x, three) == 0


def test_scc_tells_what_and_gives():
    # P(and) = pq + SCC (min(p, q) - pq), or SCC (pq - max(p + q - 1, 0)) for SCC < 0.
    rng = np.random.default_rng(3)
    x, y = rng.integers(0, 2, (2, 50, 200))
    p, q = x.mean(axis=-1), y.mean(axis=-1)
    s = scc(x, y)
    most = np.minimum(p, q) - p * q
    least = p * q - np.maximum(p + q - 1, 0)
    expected = p * q + np.where(s >= 0, s * most, s * least)
    # Means of 200 bits and their products are exact to some units of 2^-53.
    assert np.abs((x & y).mean(axis=-1) - expected).max() < 1e-15


def test_one_generator_correlates_fully_and_its_inverse_against():
    values = np.array([[0.3], [0.5], [0.9]])
    a = encode(values, Lfsr(width=8), encoding="unipolar")
    b = encode(values.T, Lfsr(width=8), encoding="unipolar")
    assert (scc(a, b) == 1).all()
    assert (scc(a, Bitstream.from_bits(~b.bits(), "unipolar")) == -1).all()
    # A constant stream cannot do otherwise, and has none.
    constant = encode([0.0, 1.0], Lfsr(width=8), encoding="unipolar")
    for measure in (scc, zero_correlation_error, pearson):
        assert (measure(a, constant) == 0).all()
    assert (autocorrelation(constant) == 0).all()


@pytest.mark.parametrize("length", [2, 5, 64, 100])
def test_pearson_against_numpy(length):
    rng = np.random.default_rng(length)
    x, y = rng.integers(0, 2, (2, 40, length))
    x[:, 0], x[:, 1] = 0, 1
    y[:, 0], y[:, 1] = 1, 0
    expected = [np.corrcoef(u, v)[0, 1] for u, v in zip(x, y, strict=True)]
    np.testing.assert_allclose(pearson(x, y), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("length", [1, 2, 3, 6])
def test_autocorrelation_of_all_short_streams(length):
    for bits in product((0, 1), repeat=length):
        m = Fraction(sum(bits), length)
        below = sum((x - m) ** 2 for x in bits)
        for lag in range(length):
            above = sum((bits[t] - m) * (bits[t + lag] - m) for t in range(length - lag))
            expected = float(above / below) if below else 0.0
            assert autocorrelation(bits, lag) == expected


def test_arrays_and_edges():
    empty = Bitstream.from_bits(np.zeros((0, 3, 70), bool), "unipolar")
    for measure in (scc, zero_correlation_error, pearson):
        assert measure(empty, empty).shape == (0, 3)
        assert measure([1, 0], [1, 0]).shape == ()
        assert measure([1, 0], [1, 0]).dtype == np.float64
    assert autocorrelation(empty, 69).shape == (0, 3)
    assert autocorrelation([1, 0, 0, 1], 0) == 1
    # A long stream: products of counts pass 2^32.
    long = encode([0.25, 0.75], Sobol(width=18), 1 << 18, "unipolar")
    assert scc(long, long).tolist() == [1.0, 1.0]
    assert pearson(long, long).tolist() == [1.0, 1.0]
    # Rounding alone would make it 1 + 2^-52.
    assert pearson([1, 0, 0, 0], [1, 0, 0, 0]) == 1


@pytest.mark.filterwarnings("error")
def test_autocorrelation_of_long_streams():
    # N^3 exceeds int64.
    bits = np.arange(2_000_000) % 2 == 0
    assert autocorrelation(bits) == pytest.approx(-1, abs=2e-6)
    assert autocorrelation(np.ones(2_000_000, bool)) == 0


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: scc([0, 1], [0]), ValueError, "scc takes streams of one length, not 2 and 1"),
        (
            lambda: pearson([[0, 1]] * 2, [[0, 1]] * 3),
            ValueError,
            "pearson takes streams of shapes that broadcast, not (2,) and (3,)",
        ),
        (
            lambda: scc(Bitstream.from_bits([1], "sign-magnitude"), [1]),
            ValueError,
            "scc takes plain unipolar or bipolar streams, not sign-magnitude ones",
        ),
        (
            lambda: zero_correlation_error([1], add(Bitstream.from_bits([1]))),
            ValueError,
            "zero_correlation_error takes plain unipolar or bipolar streams, not integral ones",
        ),
        (
            lambda: autocorrelation([0, 1], 2),
            ValueError,
            "lag of 2 bits must be between 0 and 1, not 2",
        ),
        (
            lambda: autocorrelation([0.5]),
            TypeError,
            "bits must be booleans or integers 0 and 1, not float64",
        ),
    ],
)
def test_bad_input(call, kind, message):
    with pytest.raises(kind, match=f"^{re.escape(message)}$"):
        call()
