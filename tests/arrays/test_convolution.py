"""Convolutions against a naive loop and PyTorch."""

from fractions import Fraction

import numpy as np
import pytest

from fixedpoint import (
    AccumulatorSpec,
    FixedArray,
    Overflow,
    Rounding,
    WordReader,
    conv2d,
)
from tests.support.naive_products import naive_sum
from tests.support.word_sources import Periodic, Words


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


@pytest.mark.slow
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


@pytest.mark.slow
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
