"""The accumulative parallel counter: exact counts, and saturation of the total."""

import itertools

import numpy as np
import pytest

from stochastic import Bitstream, ParallelCounter
from stochastic.arithmetic.parallel_counter import BLOCK_WORDS


def test_every_input():
    rows = np.array(list(itertools.product((0, 1), repeat=6)))
    outputs, _ = ParallelCounter(fan_in=6, width=12).run({"streams": rows})
    expected = [bin(i).count("1") for i in range(64)]
    assert outputs["count"][:, 0].tolist() == expected
    assert outputs["total"][:, 0].tolist() == [sum(expected[:i]) for i in range(64)]


def test_the_total_saturates():
    outputs, _ = ParallelCounter(fan_in=3, width=3).run({"streams": [[1, 1, 1]] * 5})
    assert outputs["total"][:, 0].tolist() == [0, 3, 6, 7, 7]


def test_the_variance_of_the_sum_is_that_of_the_streams():
    p = np.array([0.1, 0.5, 0.8])
    bits = np.random.default_rng(1).random((200, 2000, 3)) < p
    streams = bits.transpose(1, 0, 2).reshape(2000, 600).astype(int)
    total = ParallelCounter(fan_in=3, width=13).run({"streams": streams})[0]["count"].sum(0)
    expected = 2000 * (p * (1 - p)).sum()
    # The standard deviation of a variance of 200 samples is a tenth of it.
    assert total.var() == pytest.approx(expected, rel=0.5)


def test_streams_give_numbers():
    a = Bitstream.from_bits([[1, 1, 0], [0, 0, 1]], "unipolar")
    b = Bitstream.from_bits([1, 0, 0], "unipolar")
    found = ParallelCounter(fan_in=2, width=4).apply(streams=[a, b])
    assert found["count"].tolist() == [[2, 1, 0], [1, 0, 1]]
    assert found["total"].tolist() == [[0, 2, 3], [0, 1, 1]]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"fan_in": 0, "width": 4},
            "ParallelCounter fan_in must be between 1 and 65536, not 0",
        ),
        (
            {"fan_in": 8, "width": 3},
            "ParallelCounter width with 8 streams must be between 4 and 48, not 3",
        ),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        ParallelCounter(**options)


@pytest.mark.parametrize(("fan_in", "width"), [(1, 1), (1, 5), (3, 3), (17, 5), (200, 16)])
@pytest.mark.parametrize("length", [1, 64, 65, 255])
def test_packed_words_against_sums_of_bits(fan_in, width, length):
    rng = np.random.default_rng(fan_in + length)
    bits = rng.random((fan_in, 2, length)) < 0.6
    streams = [Bitstream.from_bits(b, "unipolar") for b in bits]
    given = streams[0] if fan_in == 1 else streams
    found = ParallelCounter(fan_in=fan_in, width=width).apply(engine="packed", streams=given)
    counts = bits.sum(axis=0)
    totals = np.minimum(np.cumsum(counts, axis=1) - counts, 2**width - 1)
    for name, expected in (("count", counts), ("total", totals)):
        values = found[name].bits() if isinstance(found[name], Bitstream) else found[name]
        np.testing.assert_array_equal(values, expected)


def test_more_streams_than_are_counted_at_once():
    words = np.full((BLOCK_WORDS // 2 + 3, 1), 5, np.uint64)
    stream = Bitstream(words, 3, "unipolar")
    found = ParallelCounter(fan_in=2, width=3).apply(streams=[stream, stream])
    np.testing.assert_array_equal(found["count"], np.tile([2, 0, 2], (len(words), 1)))
