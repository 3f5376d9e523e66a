"""Matrix products of streams: every engine against sums of single products."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stochastic import (
    Counter,
    Lfsr,
    Pcg,
    Sobol,
    encode_codes,
    from_codes,
    multiply,
    product_counts,
)
from stochastic.arithmetic import matmul
from tests.support.stream_operations import (
    ENCODINGS,
    ENGINES,
    PROPERTY,
    operations,
    random_codes,
)

# The kernels take long to compile.
pytestmark = pytest.mark.slow


def expected_counts(x, w, pair, length, encoding):
    """Sum the cycles' integers of the product streams."""
    a = encode_codes(x[..., :, None], pair[0], length, encoding, "bit")
    b = encode_codes(w, pair[1], length, encoding, "bit")
    integers = multiply(a, b, correlated=True).integers()
    if encoding == "bipolar":
        integers = (integers + 1) // 2
    return integers.sum(axis=(-3, -1))


@PROPERTY
@given(operations((1, 7)), st.integers(0, 6), st.integers(0, 9), st.integers(0, 40))
def test_all_engines_give_the_same_counts(operation, batch, inputs, outputs):
    pair, length, encoding, seed = operation
    rng = np.random.default_rng(seed)
    x = random_codes(rng, pair[0], encoding, (batch, inputs))
    w = random_codes(rng, pair[1], encoding, (inputs, outputs))
    expected = expected_counts(x, w, pair, length, encoding)
    for engine in ENGINES:
        counts = matmul(x, w, pair, length, encoding, engine, correlated=True)
        assert counts.dtype == np.int64
        assert np.array_equal(counts, expected), engine


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(
    ("batch", "inputs", "outputs", "length"),
    [
        (33, 3, 129, 64),  # one more than the blocks of rows and outputs
        (5, 300, 40, 256),  # more products than sixteen bits can sum
        (2, 3, 50, 4100),  # too long for sums of sixteen bits
        (2, 2, 3, 70000),  # too long for entries of sixteen bits
    ],
)
def test_sizes_at_the_edges_of_the_blocks(encoding, batch, inputs, outputs, length):
    pair = Sobol(width=6), Lfsr(width=6, zero_state=True)
    rng = np.random.default_rng(batch)
    x = random_codes(rng, pair[0], encoding, (batch, inputs))
    w = random_codes(rng, pair[1], encoding, (inputs, outputs))
    x[0], w[:, 0] = 64, 64  # full scale: the largest count there is
    counts = matmul(x, w, pair, length, encoding, "table")
    assert np.array_equal(counts, matmul(x, w, pair, length, encoding, "packed"))
    assert counts[0, 0] == inputs * length
    # Single products, which have tests of their own, one sampled output at a time.
    for b, j in zip(rng.integers(0, batch, 5), rng.integers(0, outputs, 5), strict=True):
        singles = product_counts(x[b], w[:, j], pair, length, encoding, "bit")
        assert counts[b, j] == singles.sum(dtype=np.int64)


def test_streams_too_many_to_hold_are_made_in_slices():
    # 70 inputs of 9 streams of 2^16 words are 330 MB: eleven slices, and no bank.
    pair, length = (Pcg(width=11), Pcg(width=11, seed=1)), 1 << 22
    rng = np.random.default_rng(2)
    x, w = rng.integers(0, 2049, (1, 70)), rng.integers(0, 2049, (70, 8))
    counts = matmul(x, w, pair, length, engine="packed")
    assert np.array_equal(counts, matmul(x, w, pair, length, engine="table"))


@pytest.mark.parametrize("engine", ENGINES)
def test_shapes(engine):
    pair = Counter(width=2), Sobol(width=3)
    rng = np.random.default_rng(4)
    x = rng.uniform(-1, 1, (2, 5, 3))
    w = rng.uniform(-1, 1, (3, 4))
    counts = matmul(x, w, pair, 24, engine=engine)
    assert counts.shape == (2, 5, 4)
    assert np.array_equal(matmul(x[1, 2], w, pair, 24, engine=engine), counts[1, 2])
    assert np.array_equal(matmul(x[:, ::-1], w[:, ::2], pair, 24), counts[:, ::-1, ::2])
    assert matmul(x[:0], w, pair, 24, engine=engine).shape == (0, 5, 4)
    assert matmul(x, w[:, :0], pair, 24, engine=engine).shape == (2, 5, 0)
    assert not matmul(x[..., :0], w[:0], pair, 24, engine=engine).any()


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_the_product_estimates_that_of_the_real_matrices(encoding):
    # Independent random bits: the count of ones of K products of N bits has at most the
    # variance K N / 4 (ternary digits: K N), however the sequences are shared by the rows.
    # 6 standard deviations; the bits of one cycle share their words over K, so that their
    # errors may add up in step: K^2 for K.
    inputs, length = 20, 1 << 14
    pair = Pcg(width=16, seed=8), Pcg(width=16, seed=9)
    rng = np.random.default_rng(5)
    x = rng.uniform(0 if encoding == "unipolar" else -1, 1, (3, inputs))
    w = rng.uniform(0 if encoding == "unipolar" else -1, 1, (inputs, 4))
    counts = matmul(x, w, pair, length, encoding)
    estimate = counts / length
    scale = 1
    if encoding == "bipolar":
        estimate, scale = 2 * estimate - inputs, 2
    deviation = scale * inputs * np.sqrt((1 if encoding[0] == "s" else 0.25) / length)
    assert np.abs(estimate - x @ w).max() < 6 * deviation


def test_two_sobol_dimensions_give_the_exact_product_of_four_bit_values():
    pair = Sobol(width=8), Sobol(width=8, dimension=1)
    rng = np.random.default_rng(6)
    x, w = rng.integers(0, 17, (3, 10)), rng.integers(0, 17, (10, 5))
    for engine in ENGINES:
        counts = matmul(
            from_codes(x, 4, "unipolar"),
            from_codes(w, 4, "unipolar"),
            pair,
            256,
            "unipolar",
            engine,
        )
        assert np.array_equal(counts, x @ w)


PAIR = Sobol(width=8), Sobol(width=8, dimension=1)
ZEROS = np.zeros((2, 3))


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (
            lambda: matmul(ZEROS, ZEROS, PAIR),
            ValueError,
            "matmul takes x [..., K] and w [K, J], not shapes (2, 3) and (2, 3)",
        ),
        (
            lambda: matmul(0.0, ZEROS, PAIR),
            ValueError,
            "matmul takes x [..., K] and w [K, J], not shapes () and (2, 3)",
        ),
        (
            lambda: matmul(ZEROS, ZEROS[0], PAIR),
            ValueError,
            "matmul takes x [..., K] and w [K, J], not shapes (2, 3) and (3,)",
        ),
        (
            lambda: matmul(ZEROS, ZEROS.T, PAIR[:1]),
            TypeError,
            f"matmul generators must be a pair, not {PAIR[:1]!r}",
        ),
        (
            lambda: matmul(ZEROS, ZEROS.T, PAIR[:1] * 2),
            ValueError,
            f"matmul needs independent operands, but {PAIR[0]!r} and {PAIR[0]!r} give the "
            f"same sequence: pass correlated=True if that is meant",
        ),
        (
            lambda: matmul(ZEROS + np.nan, ZEROS.T, PAIR),
            ValueError,
            "bipolar values must be between -1 and 1, not nan",
        ),
        (
            lambda: matmul(ZEROS, ZEROS.T + 1j, PAIR),
            TypeError,
            "values must be real numbers, not complex128",
        ),
        (
            lambda: matmul([[257]], [[0]], PAIR),
            ValueError,
            "bipolar codes of width 8 must be between 0 and 256, not 257",
        ),
        (
            lambda: matmul([[0.5]], [[0.5]], (Sobol(width=20), PAIR[1]), engine="table"),
            ValueError,
            "a count table of widths 20 and 8 takes 538968580 bytes, more than 67108864: "
            "use engine 'packed'",
        ),
    ],
)
def test_bad_input(call, kind, message):
    with pytest.raises(kind, match=f"^{re.escape(message)}$"):
        call()
