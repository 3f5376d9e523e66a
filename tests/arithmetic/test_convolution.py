"""Convolutions of streams against sums of single products."""

import numpy as np
import pytest

from stochastic import Sobol, product_counts
from stochastic.arithmetic import conv2d
from tests.support.stream_operations import ENCODINGS, ENGINES

PAIR = Sobol(width=4), Sobol(width=4, dimension=1)
LENGTH = 20
ZERO = {"unipolar": 0, "bipolar": 8, "sign-magnitude": 0}


def expected(x, weight, encoding, stride, padding, dilation, groups):
    """Add the counts of single products, output by output."""
    (down, right), (top, left), (tall, wide) = stride, padding, dilation
    x = np.pad(x, ((0, 0), (0, 0), (top, top), (left, left)), constant_values=ZERO[encoding])
    outputs, channels, height, width = weight.shape
    rows = (x.shape[2] - (height - 1) * tall - 1) // down + 1
    columns = (x.shape[3] - (width - 1) * wide - 1) // right + 1
    found = np.zeros((len(x), outputs, rows, columns), int)
    for output in range(outputs):
        first = output // (outputs // groups) * channels
        for r in range(rows):
            for c in range(columns):
                window = x[
                    :,
                    first : first + channels,
                    r * down : r * down + (height - 1) * tall + 1 : tall,
                    c * right : c * right + (width - 1) * wide + 1 : wide,
                ]
                counts = product_counts(
                    window, weight[output][None], PAIR, LENGTH, encoding, "bit"
                )
                found[:, output, r, c] = counts.sum(axis=(1, 2, 3))
    return found


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(
    ("stride", "padding", "dilation", "groups"),
    [
        ((1, 1), (0, 0), (1, 1), 1),
        ((1, 1), (1, 1), (1, 1), 2),
        ((2, 1), (1, 0), (1, 2), 1),
        ((1, 3), (0, 2), (2, 1), 4),
    ],
)
def test_every_engine(encoding, stride, padding, dilation, groups):
    rng = np.random.default_rng(groups)
    low = -16 if encoding == "sign-magnitude" else 0
    x = rng.integers(low, 17, (2, 4, 5, 6))
    weight = rng.integers(low, 17, (4, 4 // groups, 3, 2))
    sums = expected(x, weight, encoding, stride, padding, dilation, groups)
    sizes = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    for engine in ENGINES:
        found = conv2d(x, weight, PAIR, LENGTH, encoding, engine, **sizes)
        assert found.dtype == np.int64
        np.testing.assert_array_equal(found, sums)
    weight[0, 0, 0, 0] = 0 if weight[0, 0, 0, 0] else 16
    changed = conv2d(x, weight, PAIR, LENGTH, encoding, **sizes) != sums
    assert changed[:, 0].any()
    assert not changed[:, 1:].any()


def test_no_channels_give_no_products():
    found = conv2d(np.zeros((1, 0, 3, 3)), np.zeros((2, 0, 2, 2)), PAIR, LENGTH, "unipolar")
    assert found.tolist() == np.zeros((1, 2, 2, 2)).tolist()


def test_real_values_and_one_number_for_both_directions():
    rng = np.random.default_rng(1)
    x, weight = rng.uniform(-1, 1, (1, 2, 4, 4)), rng.uniform(-1, 1, (3, 2, 3, 3))
    pair = Sobol(width=10), Sobol(width=10, dimension=1)
    counts = conv2d(x, weight, pair, 1024, padding=1)
    sums = (2 * counts - 18 * 1024) / 1024
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))
    exact = np.einsum("ncrskl,ockl->nors", windows, weight)
    assert sums.shape == (1, 3, 4, 4)
    # The products of two Sobol sequences of 1024 words are off by some thousandths.
    assert np.abs(sums - exact).max() < 18 * 0.01


@pytest.mark.parametrize(
    ("shapes", "options", "message"),
    [
        (
            ((1, 2, 4, 4), (3, 1, 3, 3)),
            {},
            r"conv2d with 1 groups takes channels and outputs that they divide, "
            r"not shapes \(1, 2, 4, 4\) and \(3, 1, 3, 3\)",
        ),
        (
            ((2, 4, 4), (3, 2, 3, 3)),
            {"padding": 1},
            "conv2d takes arrays of four dimensions, "
            r"not shapes \(2, 4, 4\) and \(3, 2, 3, 3\)",
        ),
        (((1, 1, 4, 4), (1, 1, 3, 3)), {"stride": 0}, "conv2d stride must be between 1 and .*"),
    ],
)
def test_sizes_that_do_not_fit(shapes, options, message):
    x, weight = (np.zeros(shape) for shape in shapes)
    with pytest.raises(ValueError, match=f"^{message}$"):
        conv2d(x, weight, PAIR, LENGTH, **options)
