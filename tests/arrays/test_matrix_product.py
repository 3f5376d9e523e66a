from fractions import Fraction

import numpy as np
import pytest

from fixedpoint import (
    AccumulatorSpec,
    FixedArray,
    Format,
    Overflow,
    Rounding,
    WordReader,
    conv2d,
    matmul,
)
from fixedpoint.arrays import quantize
from tests.support.naive_products import QUIET, naive_matmul, naive_sum, operands
from tests.support.word_sources import Periodic, Words

# The kernels take long to compile.
pytestmark = pytest.mark.slow


def check(a, b, spec, position=3):
    source = Words() if spec.random else None
    reader = WordReader(source, position) if source else None
    result = matmul(a, b, spec, bits=reader)
    assert result.format == spec.format
    assert result.codes.ravel().tolist() == naive_matmul(a, b, spec, source, position), spec
    if reader is not None:
        outputs = a.shape[0] * b.shape[1]
        assert reader.position == position + outputs * spec.words_per_output(a.shape[1])


@pytest.mark.slow
@pytest.mark.parametrize("rounding", Rounding)
def test_every_mode_of_a_sequential_accumulator(rounding):
    rng = np.random.default_rng(7)
    for depth in (1, 4, 7):
        a, b = operands(rng, 3, depth, 4)
        for name in ("sQ2.3", "sQ3.0", "uQ2.2", "sQ2.6", "sQ1.0"):
            for overflow in QUIET:
                check(a, b, AccumulatorSpec(format=name, rounding=rounding, overflow=overflow))


@pytest.mark.slow
@pytest.mark.parametrize("rounding", Rounding)
def test_every_rounding_in_a_tree(rounding):
    rng = np.random.default_rng(8)
    for depth in (1, 2, 3, 6, 13):
        a, b = operands(rng, 3, depth, 4)
        for name in ("sQ2.3", "sQ3.0", "uQ2.2", "sQ2.6"):
            spec = AccumulatorSpec(
                format=name, rounding=rounding, overflow=Overflow.SATURATE, order="tree"
            )
            check(a, b, spec)
            check(a, b, spec.replace(overflow=Overflow.SATURATE_SYMMETRIC))


@pytest.mark.slow
@pytest.mark.parametrize("overflow", QUIET)
def test_every_overflow_in_a_tree(overflow):
    rng = np.random.default_rng(9)
    for depth in (5, 8):
        a, b = operands(rng, 3, depth, 4)
        for name in ("sQ2.3", "uQ2.2"):
            for rounding in (Rounding.NEAREST_UP, Rounding.NEAREST_AWAY):
                check(
                    a,
                    b,
                    AccumulatorSpec(
                        format=name, rounding=rounding, overflow=overflow, order="tree"
                    ),
                )


@pytest.mark.slow
@pytest.mark.parametrize("product_rounding", Rounding)
@pytest.mark.parametrize("order", ["sequential", "tree"])
def test_every_rounding_of_products(product_rounding, order):
    rng = np.random.default_rng(10)
    for depth in (1, 5):
        a, b = operands(rng, 3, depth, 4)
        for name in ("sQ2.3", "sQ3.0"):
            for rounding in (Rounding.TRUNCATE, Rounding.JAM, Rounding.STOCHASTIC):
                check(
                    a,
                    b,
                    AccumulatorSpec(
                        format=name,
                        rounding=rounding,
                        overflow=Overflow.SATURATE,
                        product_rounding=product_rounding,
                        order=order,
                    ),
                )


@pytest.mark.slow
@pytest.mark.parametrize("rounding", [r for r in Rounding if r is not Rounding.STOCHASTIC])
def test_every_two_steps_of_small_operands(rounding):
    # All (a0, a1) against all (b0, b1), 3 bits each: every pair of products there is.
    codes = np.arange(-4, 4)
    pairs = np.stack(np.meshgrid(codes, codes, indexing="ij"), axis=-1).reshape(64, 2)
    a, b = FixedArray(pairs, "sQ1.2"), FixedArray(pairs.T, "sQ2.1")
    for name in ("sQ1.2", "uQ1.1", "sQ3.-1"):
        for order in ("sequential", "tree"):
            for overflow in QUIET if order == "sequential" else (Overflow.SATURATE,):
                spec = AccumulatorSpec(
                    format=name, rounding=rounding, overflow=overflow, order=order
                )
                known = {}
                want = []
                for x, y in pairs.tolist():
                    for u, v in pairs.tolist():
                        key = (x * u, y * v)
                        if key not in known:
                            products = [Fraction(p, 8) for p in key]
                            known[key] = naive_sum(products, spec, [])
                        want.append(known[key])
                assert matmul(a, b, spec).codes.ravel().tolist() == want


WIDE = [
    # operands, accumulator, and the type in which it must run
    ("sQ4.4", "sQ4.4", "sQ6.8", np.int16),
    ("uQ4.4", "sQ4.4", "sQ6.2", np.int16),
    ("sQ4.4", "sQ4.4", "sQ8.8", np.int32),
    ("sQ4.12", "sQ4.12", "sQ8.12", np.int32),
    ("sQ4.12", "uQ4.12", "sQ8.24", np.int64),
    ("sQ8.16", "sQ8.16", "sQ20.24", np.int64),
    ("sQ8.24", "sQ8.22", "sQ2.1", np.int64),
    ("uQ1.29", "sQ8.22", "sQ32.32", np.int64),
    ("sQ2.2", "sQ2.2", "sQ2.20", np.int32),
]


@pytest.mark.slow
@pytest.mark.parametrize("first, second, name, work", WIDE)
def test_every_working_type_at_full_scale(first, second, name, work):
    from fixedpoint.arrays.code_product import CodeProduct

    rng = np.random.default_rng(11)
    a, b = operands(rng, 2, 9, 3, first, second)
    low, high = a.format.minimum_code, a.format.maximum_code
    a.codes[0], a.codes[1, :5], b.codes[:, 0] = low, high, b.format.minimum_code
    b.codes[:, 1] = b.format.maximum_code
    for rounding in (Rounding.NEAREST_UP, Rounding.NEAREST_EVEN, Rounding.STOCHASTIC):
        for overflow in (Overflow.SATURATE, Overflow.WRAP):
            spec = AccumulatorSpec(format=name, rounding=rounding, overflow=overflow)
            if overflow is Overflow.SATURATE and name != "sQ32.32":
                assert CodeProduct(spec, a.format, b.format).working_type is work
            if overflow is Overflow.WRAP or name != "sQ32.32":
                check(a, b, spec)


def test_saturation_at_every_step_is_not_saturation_at_the_end():
    a = quantize([[16.0, 16.0, 16.0, -16.0]], "sQ6.2")
    b = quantize([[1.0]] * 4, "sQ2.2")
    spec = AccumulatorSpec(format="sQ5.12", overflow=Overflow.SATURATE)
    assert matmul(a, b, spec).to_float().tolist() == [[15.999755859375 - 16.0]]
    assert matmul(a, b).cast("sQ5.12").to_float().tolist() == [[15.999755859375]]
    tree = spec.replace(order="tree")
    assert matmul(a, b, tree).to_float().tolist() == [[15.999755859375]]


def test_shapes_follow_numpy():
    rng = np.random.default_rng(12)
    spec = AccumulatorSpec(format="sQ3.2", rounding="stochastic", overflow="saturate")
    for left, right in (
        ((4,), (4,)),
        ((4,), (4, 3)),
        ((2, 4), (4,)),
        ((3, 2, 4), (4, 5)),
        ((3, 2, 4), (3, 4, 5)),
        ((3, 1, 2, 4), (2, 4, 5)),
        ((0, 4), (4, 3)),
        ((40, 4), (4, 3)),
    ):
        fmt = Format.parse("sQ2.2")
        a = FixedArray(rng.integers(-8, 8, left), fmt)
        b = FixedArray(rng.integers(-8, 8, right), fmt)
        result = matmul(a, b, spec, bits=Words())
        exact = np.matmul(a.codes.astype(int), b.codes.astype(int))
        assert result.shape == exact.shape
        # Each matrix of the stack by the naive loop, words running on.
        x = a.codes[None] if a.ndim == 1 else a.codes
        y = b.codes[:, None] if b.ndim == 1 else b.codes
        batch = np.broadcast_shapes(x.shape[:-2], y.shape[:-2])
        x = np.broadcast_to(x, (*batch, *x.shape[-2:]))
        y = np.broadcast_to(y, (*batch, *y.shape[-2:]))
        want = []
        for index in np.ndindex(batch):
            p, q = FixedArray(x[index], fmt), FixedArray(y[index], fmt)
            want += naive_matmul(p, q, spec, Words(), 4 * len(want))
        assert result.codes.ravel().tolist() == want
    empty = matmul(
        FixedArray(np.zeros((2, 0), int), fmt), FixedArray(np.zeros((0, 3), int), fmt)
    )
    assert empty.codes.tolist() == [[0] * 3] * 2
    for order in ("sequential", "tree"):
        spec = AccumulatorSpec(format="sQ3.2", overflow="saturate", order=order)
        none = FixedArray(np.zeros((2, 0), int), fmt)
        assert matmul(none, none.T, spec).codes.tolist() == [[0, 0], [0, 0]]


@pytest.mark.parametrize("order", ["sequential", "tree"])
@pytest.mark.parametrize("source", [Words(3), Periodic(7), Words(20), Words(32)])
def test_words_of_any_source_are_drawn_in_order(order, source, monkeypatch):
    from fixedpoint.arrays import code_product

    rng = np.random.default_rng(13)
    spec = AccumulatorSpec(
        format="sQ3.3", rounding=Rounding.STOCHASTIC, overflow=Overflow.SATURATE, order=order
    )
    a, b = operands(rng, 5, 11, 6)
    want = naive_matmul(a, b, spec, source, 1000)
    # All words at once, rows at a time, and parts of a row at a time.
    for piece in (1 << 22, 150, 40):
        monkeypatch.setattr(code_product, "MAX_WORDS", piece)
        reader = WordReader(source, 1000)
        assert matmul(a, b, spec, bits=reader).codes.ravel().tolist() == want
        assert reader.position == 1000 + 30 * spec.words_per_output(11)


class Around(Words):
    """Words that come around after so many."""

    def __init__(self, period):
        super().__init__(7)
        self.period = period

    def words(self, n, start=0):
        return np.resize(super().words(self.period), n + start)[start:]


@pytest.mark.parametrize("order", ["sequential", "tree"])
@pytest.mark.parametrize("period", [1, 2, 12, 37, 64, 300])
def test_words_that_come_around(period, order):
    """Periods with and without factors of the depth, shorter and longer than a tile."""
    rng = np.random.default_rng(17)
    spec = AccumulatorSpec(
        format="sQ3.3", rounding=Rounding.STOCHASTIC, overflow=Overflow.SATURATE, order=order
    )
    for rows, depth, columns in ((3, 8, 300), (40, 6, 3), (2, 130, 33)):
        a, b = operands(rng, rows, depth, columns)
        each = depth if order == "sequential" else depth // 2
        words = Around(period).words(rows * columns * each, 5).reshape(rows, columns, each)
        # Two bits are discarded of seven in a word.
        drawn = words.astype(np.int64) >> 5
        products = a.codes.astype(np.int64)[:, :, None] * b.codes
        if order == "sequential":
            total = np.zeros((rows, columns), np.int64)
            for k in range(depth):
                total = np.clip((total * 4 + products[:, k] + drawn[:, :, k]) >> 2, -32, 31)
        else:
            sums = products[:, ::2] + products[:, 1::2] + drawn.transpose(0, 2, 1)
            sums = [*np.clip(sums >> 2, -32, 31).transpose(1, 0, 2)]
            while len(sums) > 1:
                lone = sums[-1:] if len(sums) % 2 else []
                pairs = zip(sums[::2], sums[1::2], strict=False)
                sums = [np.clip(x + y, -32, 31) for x, y in pairs] + lone
            total = sums[0]
        result = matmul(a, b, spec, bits=WordReader(Around(period), 5))
        np.testing.assert_array_equal(result.codes, total)


@pytest.mark.slow
def test_long_products_against_numpy():
    # Wide enough for every tile and block; NumPy steps k with int64 arithmetic.
    rng = np.random.default_rng(14)
    a, b = operands(rng, 6, 150, 300, "sQ4.12", "sQ4.12")
    spec = AccumulatorSpec(
        format="sQ6.12", rounding=Rounding.NEAREST_EVEN, overflow=Overflow.SATURATE
    )
    for rounding in (Rounding.NEAREST_UP, Rounding.NEAREST_EVEN, Rounding.STOCHASTIC):
        total = np.zeros((6, 300), np.int64)
        words = Words(16).words(6 * 300 * 150).reshape(6, 300, 150).astype(np.int64)
        for k in range(150):
            exact = (total << 12) + np.outer(a.codes[:, k].astype(np.int64), b.codes[k])
            if rounding is Rounding.STOCHASTIC:
                total = (exact + (words[:, :, k] >> 4)) >> 12
            elif rounding is Rounding.NEAREST_UP:
                total = (exact + 2048) >> 12
            else:
                total = np.rint(exact / 4096).astype(np.int64)
            total = np.clip(total, -(2**17), 2**17 - 1)
        result = matmul(a, b, spec.replace(rounding=rounding), bits=Words(16))
        assert np.array_equal(result.codes, total)
        assert 0.02 < np.mean(abs(total) >= 2**17 - 1) < 0.98


def test_error_names_the_output_and_the_addition():
    a = quantize([[1.0, 1.0, 0.0], [3.0, 3.0, 3.0]], "sQ4.0")
    b = quantize([[1.0, 2.0]] * 3, "sQ4.0")
    spec = AccumulatorSpec(format="sQ4.0", overflow=Overflow.ERROR)
    message = r"^sQ4.0 cannot hold 9.0 at addition 2 of output \(1, 0\)$"
    with pytest.raises(OverflowError, match=message):
        matmul(a, b, spec)
    message = r"^sQ4.0 cannot hold 9.0 at addition 2 of output \(1, 0\)$"
    with pytest.raises(OverflowError, match=message):
        matmul(a, b, spec.replace(order="tree"))
    assert matmul(a[:1], b, spec).codes.tolist() == [[2, 4]]
    # An overflow is one even if later steps would come back.
    there_and_back = quantize([[7.0, 7.0, -7.0]], "sQ4.0")
    message = r"^sQ4.0 cannot hold 14.0 at addition 1 of output \(0, 0\)$"
    with pytest.raises(OverflowError, match=message):
        matmul(there_and_back, b[:, :1], spec)
    # Of vectors the output has as many places in its index as the result has dimensions.
    for x, y, index in ((a[1], b, "0"), (a, b[:, 0], "1"), (a[1], b[:, 0], "")):
        message = rf"^sQ4.0 cannot hold 9.0 at addition 2 of output \({index}\)$"
        with pytest.raises(OverflowError, match=message):
            matmul(x, y, spec)
    image = FixedArray(np.full((1, 1, 2, 3), 3), "sQ4.0")
    kernel = FixedArray(np.ones((1, 1, 1, 3), int), "sQ4.0")
    message = r"^sQ4.0 cannot hold 9.0 at addition 2 of output \(0, 0, 0, 1\)$"
    with pytest.raises(OverflowError, match=message):
        conv2d(image, kernel, spec, padding=(0, 1))
    # In units of 2: 2.5 rounds to 2 or 3, and with 2.5 more is beyond 3 in any case.
    fives = quantize([[5.0, 5.0]], "sQ4.0")
    random = spec.replace(format=Format.parse("sQ4.-1"), rounding=Rounding.STOCHASTIC)
    first = 2 + int(Words().words(1)[0] >= 64)
    message = rf"^sQ4.-1 cannot hold {2 * first + 5}.0 at addition 1 of output \(0, 0\)$"
    with pytest.raises(OverflowError, match=message):
        matmul(fives, b[:2, :1], random, bits=Words())


def test_what_64_bits_cannot_hold_is_refused():
    a = FixedArray([[1]], "sQ40.0")
    with pytest.raises(
        ValueError,
        match="^sums of products of sQ40.0 and sQ40.0 in sQ20.0 need more than 64 bits; "
        "cast the operands or choose a nearer accumulator$",
    ):
        matmul(a, a, AccumulatorSpec(format="sQ20.0", overflow=Overflow.SATURATE))
    with pytest.raises(TypeError, match="^STOCHASTIC rounding needs bits=, a word source"):
        b = a.cast("sQ4.0")
        matmul(b, b, AccumulatorSpec(format="sQ4.0", rounding="stochastic"))
