"""The count of every cycle against sums of unpacked bits."""

import numpy as np
import pytest

from stochastic import Bitstream, CorrelationWarning, Lfsr, Sobol, encode, matmul
from stochastic.arithmetic import cycle_counts
from stochastic.arithmetic.cycle_kernels import BATCH, MOST_ROWS, ROWS
from tests.support.stream_operations import ENCODINGS


def random_streams(rng, shape, length, encoding):
    bits = rng.random((*shape, length)) < rng.random((*shape, 1))
    signs = rng.random(bits.shape) < 0.5 if encoding == "sign-magnitude" else None
    return Bitstream.from_bits(bits, encoding, sign_bits=signs)


def expected(x, w):
    """Sum the products of the cycles' integers by NumPy."""
    sums = np.einsum("...kt,kjt->...jt", x.integers(), w.integers())
    return (sums + w.shape[0]) // 2 if x.encoding == "bipolar" else sums


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(
    ("batch", "rows", "outputs", "length"),
    [
        ((), 1, 1, 1),
        ((2,), 3, 2, 63),
        ((3,), 16, 5, 64),
        ((1, 2), 17, 3, 65),
        ((4,), 9, 7, 255),
        ((2,), 15, 1, 576),  # as many words as fill no vector of eight
        ((BATCH + 1,), 2, 40, 100),  # more than one block of rows and of vectors
        ((2,), ROWS + 1, 3, 70),  # more than one block of operands
        ((0,), 3, 2, 10),
        ((2,), 0, 2, 10),
        ((2,), 3, 0, 10),
    ],
)
def test_counts_of_every_cycle(encoding, batch, rows, outputs, length):
    rng = np.random.default_rng(rows + length)
    x = random_streams(rng, (*batch, rows), length, encoding)
    w = random_streams(rng, (rows, outputs), length, encoding)
    counts = cycle_counts(x, w)
    assert counts.dtype == np.int32
    assert counts.shape == (*batch, outputs, length)
    np.testing.assert_array_equal(counts, expected(x, w))


def test_all_ones_of_more_rows_than_sixteen_binary_digits_hold():
    rows = MOST_ROWS + 20
    words = np.full((rows, 1), 7, np.uint64)
    x = Bitstream(words, 3, "unipolar")
    w = Bitstream(words[:, None], 3, "unipolar")
    assert cycle_counts(x, w).tolist() == [[rows] * 3]


def test_sums_over_the_cycles_are_the_matrix_product():
    pair = Sobol(width=6), Sobol(width=6, dimension=1)
    rng = np.random.default_rng(3)
    x, w = rng.uniform(-1, 1, (2, 30)), rng.uniform(-1, 1, (30, 4))
    counts = cycle_counts(encode(x, pair[0], 64), encode(w, pair[1], 64))
    np.testing.assert_array_equal(counts.sum(axis=-1), matmul(x, w, pair, 64))


def test_one_flipped_bit_changes_one_cycle():
    rng = np.random.default_rng(4)
    x = random_streams(rng, (40,), 130, "bipolar")
    w = random_streams(rng, (40, 3), 130, "bipolar")
    words = x.words.copy()
    words[33, 1] ^= np.uint64(1 << 5)
    changed = cycle_counts(Bitstream(words, 130, "bipolar"), w) != cycle_counts(x, w)
    assert changed[:, 69].all()
    assert changed.sum() == 3


def test_views_that_are_not_contiguous():
    rng = np.random.default_rng(5)
    x = random_streams(rng, (6, 4), 70, "unipolar")
    w = random_streams(rng, (5, 6), 70, "unipolar")
    first = Bitstream(x.words.transpose(1, 0, 2), 70, "unipolar")
    second = Bitstream(w.words.transpose(1, 0, 2), 70, "unipolar")
    np.testing.assert_array_equal(cycle_counts(first, second), expected(first, second))


def streams(shape, length=8, encoding="unipolar", generators=()):
    bits = np.zeros((*shape, length), bool)
    return Bitstream.from_bits(bits, encoding, generators=generators)


@pytest.mark.parametrize(
    ("x", "w", "message"),
    [
        (streams((3,), 8), streams((3, 2), 9), "streams of one length, not 8 and 9"),
        (
            streams((3,)),
            streams((3, 2), encoding="bipolar"),
            "streams of one encoding, not unipolar and bipolar",
        ),
        (
            streams((3,)),
            streams((2, 3)),
            r"x \[..., K\] and w \[K, J\], not shapes \(3,\) and \(2, 3\)",
        ),
        (
            Bitstream(np.zeros((3, 1), np.uint64), 8, "unipolar", streams=3),
            streams((3, 2)),
            "plain streams, not integral ones",
        ),
    ],
)
def test_operands_that_do_not_fit(x, w, message):
    with pytest.raises(ValueError, match=f"^cycle_counts takes {message}$"):
        cycle_counts(x, w)


def test_operands_of_one_sequence():
    x, w = (streams(shape, 256, generators=(Lfsr(width=8),)) for shape in ((3,), (3, 2)))
    with pytest.raises(ValueError, match="^cycle_counts needs independent operands"):
        cycle_counts(x, w)
    assert not cycle_counts(x, w, correlated=True).any()
    shifted = streams((3, 2), 256, generators=(Lfsr(width=8, phase=1),))
    with pytest.warns(CorrelationWarning, match="^cycle_counts needs independent operands"):
        cycle_counts(x, shifted)
