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
from tests.support.exact_rounding import fitted, rounded
from tests.support.word_sources import Periodic, Words

QUIET = [mode for mode in Overflow if mode is not Overflow.ERROR]


def quantised(value, spec, word):
    """Q of the definition, `value` in units of the accumulator's resolution."""
    if spec.rounding is Rounding.STOCHASTIC and spec.product_rounding is None:
        code = (value + word).__floor__()
    elif spec.rounding is Rounding.STOCHASTIC:
        code = int(value)
    else:
        code = rounded(value, spec.rounding)
    return fitted(code, spec.format, spec.overflow)


def naive_sum(products, spec, words):
    """One output as the definition has it; `words` are those of this output."""
    products = [p / spec.format.resolution for p in products]
    words = list(words) or [Fraction(0)] * len(products)
    if spec.product_rounding is Rounding.STOCHASTIC:
        products = [Fraction((p + w).__floor__()) for p, w in zip(products, words, strict=True)]
    elif spec.product_rounding is not None:
        products = [Fraction(rounded(p, spec.product_rounding)) for p in products]
    if spec.order == "sequential":
        total = Fraction(0)
        for product, word in zip(products, words, strict=False):
            total = Fraction(quantised(total + product, spec, word))
        return int(total)
    if not products:
        return 0
    sums = []
    for i in range(0, len(products), 2):
        pair = sum(products[i : i + 2])
        sums.append(quantised(pair, spec, words[i // 2]))
    while len(sums) > 1:
        level = []
        for i in range(0, len(sums) - 1, 2):
            level.append(quantised(Fraction(sums[i] + sums[i + 1]), spec, Fraction(0)))
        if len(sums) % 2:
            level.append(sums[-1])
        sums = level
    return sums[0]


def naive_matmul(a, b, spec, source=None, position=0):
    unit = a.format.resolution * b.format.resolution
    rows, depth = a.shape
    columns = b.shape[1]
    each = 0
    if source is not None:
        whole = spec.order == "sequential" or spec.product_rounding is not None
        each = depth if whole else -(-depth // 2)
    out = []
    for i in range(rows):
        for j in range(columns):
            words = []
            if each:
                first = position + (i * columns + j) * each
                drawn = source.words(each, first)
                words = [Fraction(int(w), 2**source.width) for w in drawn]
            products = [int(a.codes[i, k]) * int(b.codes[k, j]) * unit for k in range(depth)]
            out.append(naive_sum(products, spec, words))
    return out


def operands(rng, rows, depth, columns, first="sQ2.2", second="sQ1.3"):
    made = []
    for name, shape in ((first, (rows, depth)), (second, (depth, columns))):
        fmt = Format.parse(name)
        codes = rng.integers(fmt.minimum_code, fmt.maximum_code, shape, endpoint=True)
        made.append(FixedArray(codes, fmt))
    return made


def check(a, b, spec, position=3):
    source = Words() if spec.random else None
    reader = WordReader(source, position) if source else None
    result = matmul(a, b, spec, bits=reader)
    assert result.format == spec.format
    assert result.codes.ravel().tolist() == naive_matmul(a, b, spec, source, position), spec
    if reader is not None:
        outputs = a.shape[0] * b.shape[1]
        assert reader.position == position + outputs * spec.words_per_output(a.shape[1])


@pytest.mark.parametrize("rounding", Rounding)
def test_every_mode_of_a_sequential_accumulator(rounding):
    rng = np.random.default_rng(7)
    for depth in (1, 4, 7):
        a, b = operands(rng, 3, depth, 4)
        for name in ("sQ2.3", "sQ3.0", "uQ2.2", "sQ2.6", "sQ1.0"):
            for overflow in QUIET:
                check(a, b, AccumulatorSpec(format=name, rounding=rounding, overflow=overflow))


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


def naive_conv2d(x, w, spec, source=None, *, stride, padding, dilation, groups):
    images, _, height, width = x.shape
    outputs, inner, high, wide = w.shape
    unit = x.format.resolution * w.format.resolution
    rows = (height + 2 * padding[0] - (high - 1) * dilation[0] - 1) // stride[0] + 1
    across = (width + 2 * padding[1] - (wide - 1) * dilation[1] - 1) // stride[1] + 1
    out, position = [], 0
    depth = inner * high * wide
    for n, o, y, z in np.ndindex(images, outputs, rows, across):
        products = []
        for c, dy, dx in np.ndindex(inner, high, wide):
            row = y * stride[0] + dy * dilation[0] - padding[0]
            column = z * stride[1] + dx * dilation[1] - padding[1]
            inside = 0 <= row < height and 0 <= column < width
            channel = o // (outputs // groups) * inner + c
            value = int(x.codes[n, channel, row, column]) if inside else 0
            products.append(value * int(w.codes[o, c, dy, dx]) * unit)
        words = []
        if source is not None:
            drawn = source.words(depth, position)
            words = [Fraction(int(v), 2**source.width) for v in drawn]
            position += depth
        out.append(naive_sum(products, spec, words))
    return out, (images, outputs, rows, across)


@pytest.mark.parametrize(
    "shape, kernel, stride, padding, dilation, groups",
    [
        ((2, 4, 5, 6), (6, 2, 3, 3), (1, 1), (1, 1), (1, 1), 2),
        ((2, 3, 6, 5), (3, 1, 3, 2), (2, 3), (0, 2), (1, 1), 3),
        ((1, 2, 4, 4), (3, 2, 1, 1), (1, 1), (0, 0), (1, 1), 1),
        ((3, 1, 3, 3), (1, 1, 3, 3), (1, 1), (0, 0), (1, 1), 1),
        ((3, 1, 4, 5), (1, 1, 2, 2), (1, 1), (0, 0), (1, 1), 1),
        ((0, 2, 3, 3), (2, 2, 2, 2), (1, 1), (0, 0), (1, 1), 1),
        ((2, 2, 7, 6), (2, 1, 3, 2), (2, 1), (1, 0), (2, 5), 2),
        ((1, 1, 9, 5), (1, 1, 5, 3), (1, 1), (0, 0), (2, 2), 1),
    ],
)
def test_convolution_by_the_naive_loop(
    shape, kernel, stride, padding, dilation, groups, monkeypatch
):
    from fixedpoint.arrays import code_product

    rng = np.random.default_rng(15)
    x = FixedArray(rng.integers(-8, 8, shape), "sQ2.2")
    w = FixedArray(rng.integers(-8, 8, kernel), "sQ1.3")
    options = {
        "stride": stride,
        "padding": padding,
        "dilation": dilation,
        "groups": groups,
    }
    exact = conv2d(x, w, **options)
    spec = AccumulatorSpec(format=exact.format)
    want, size = naive_conv2d(x, w, spec, **options)
    assert exact.shape == size and exact.codes.ravel().tolist() == want
    for rounding in (Rounding.NEAREST_UP, Rounding.NEAREST_EVEN, Rounding.JAM):
        for order in ("sequential", "tree"):
            spec = AccumulatorSpec(
                format="sQ2.2", rounding=rounding, overflow=Overflow.SATURATE, order=order
            )
            want, _ = naive_conv2d(x, w, spec, **options)
            assert conv2d(x, w, spec, **options).codes.ravel().tolist() == want
    spec = AccumulatorSpec(format="sQ2.2", rounding="stochastic", overflow="saturate")
    for source, piece in ((Words(), 1 << 22), (Words(), 100), (Periodic(), 100)):
        monkeypatch.setattr(code_product, "MAX_WORDS", piece)
        monkeypatch.setattr("fixedpoint.arrays.convolution.MAX_WORDS", piece)
        want, _ = naive_conv2d(x, w, spec, source, **options)
        reader = WordReader(source)
        assert conv2d(x, w, spec, bits=reader, **options).codes.ravel().tolist() == want
        assert reader.position == len(want) * kernel[1] * kernel[2] * kernel[3]


def test_convolution_of_many_tiles_equals_torch():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(16)
    x = FixedArray(rng.integers(-128, 128, (3, 64, 33, 17)), "sQ4.4")
    w = FixedArray(rng.integers(-128, 128, (8, 64, 3, 3)), "sQ1.7")
    result = conv2d(x, w, stride=(1, 2), padding=1)
    # Integers below 2^53: doubles are exact in any order.
    want = torch.nn.functional.conv2d(
        torch.tensor(x.codes, dtype=torch.float64),
        torch.tensor(w.codes, dtype=torch.float64),
        stride=(1, 2),
        padding=1,
    )
    assert np.array_equal(result.codes, want.numpy().astype(np.int64))
    # Nothing saturates in so wide an accumulator, so that its steps change nothing.
    wide = AccumulatorSpec(format=result.format, overflow=Overflow.SATURATE)
    assert conv2d(x, w, wide, stride=(1, 2), padding=1).is_identical(result)


@pytest.mark.parametrize("stride", [(1, 1), (1, 2)])
def test_convolution_of_many_tiles_by_the_naive_loop(stride, monkeypatch):
    # The least tile: 256 outputs, which end within a row of a later image.
    monkeypatch.setattr("fixedpoint.arrays.convolution._TILE_BYTES", 1)
    rng = np.random.default_rng(17)
    x = FixedArray(rng.integers(-8, 8, (7, 1, 8, 7)), "sQ2.2")
    w = FixedArray(rng.integers(-8, 8, (2, 1, 3, 2)), "sQ1.3")
    options = {"stride": stride, "padding": (1, 2), "dilation": (1, 1), "groups": 1}
    for fmt, rounding, overflow in (
        ("sQ2.2", Rounding.TRUNCATE, Overflow.WRAP),
        ("uQ1.3", Rounding.NEAREST_AWAY, Overflow.WRAP),
        ("sQ2.2", Rounding.STOCHASTIC, Overflow.SATURATE),
        ("sQ9.2", Rounding.NEAREST_EVEN, Overflow.ERROR),
    ):
        spec = AccumulatorSpec(format=fmt, rounding=rounding, overflow=overflow)
        want, size = naive_conv2d(x, w, spec, Words() if spec.random else None, **options)
        result = conv2d(x, w, spec, bits=Words(), **options)
        assert result.shape == size and result.codes.size > 256
        assert result.codes.ravel().tolist() == want
    # The first sum that does not fit is in the last image, and so in the last tile.
    one = np.zeros((7, 1, 8, 7), int)
    one[6, 0, 3, 2] = 7
    spec = AccumulatorSpec(format="sQ2.2", overflow=Overflow.ERROR)
    double = FixedArray(np.full((1, 1, 1, 1), 2), "sQ3.0")
    message = r"^sQ2.2 cannot hold 3.5 at addition 0 of output \(6, 0, 3, 2\)$"
    with pytest.raises(OverflowError, match=message):
        conv2d(FixedArray(one, "sQ2.2"), double, spec)


@pytest.mark.parametrize(
    "x, w, options, message",
    [
        (
            (1, 2, 3),
            (1, 2, 3, 3),
            {},
            "conv2d takes arrays of four dimensions, not shapes (1, 2, 3) and (1, 2, 3, 3)",
        ),
        (
            (1, 2, 3, 3),
            (1, 3, 3, 3),
            {},
            "conv2d with 1 groups takes channels and outputs that they divide, not "
            "shapes (1, 2, 3, 3) and (1, 3, 3, 3)",
        ),
        (
            (1, 2, 3, 3),
            (3, 1, 3, 3),
            {"groups": 2},
            "conv2d with 2 groups takes channels and outputs that they divide, not "
            "shapes (1, 2, 3, 3) and (3, 1, 3, 3)",
        ),
        (
            (1, 2, 3, 3),
            (1, 2, 4, 3),
            {},
            "conv2d's kernel 4x3 must not exceed its padded input 3x3",
        ),
        (
            (1, 2, 3, 3),
            (1, 2, 2, 2),
            {"dilation": (1, 3)},
            "conv2d's kernel 2x4 must not exceed its padded input 3x3",
        ),
        (
            (1, 2, 3, 3),
            (1, 2, 3, 3),
            {"dilation": 0},
            "conv2d dilation must be between 1 and 2147483648, not 0",
        ),
        (
            (1, 2, 3, 3),
            (1, 2, 3, 3),
            {"stride": 0},
            "conv2d stride must be between 1 and 2147483648, not 0",
        ),
        (
            (1, 2, 3, 3),
            (1, 2, 3, 3),
            {"padding": (0, -1)},
            "conv2d padding must be between 0 and 2147483648, not -1",
        ),
    ],
)
def test_shapes_that_do_not_match_are_refused(x, w, options, message):
    with pytest.raises(ValueError) as error:
        conv2d(
            FixedArray(np.zeros(x, int), "sQ4.0"),
            FixedArray(np.zeros(w, int), "sQ4.0"),
            **options,
        )
    assert str(error.value) == message
