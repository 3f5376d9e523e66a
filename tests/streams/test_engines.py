"""Three engines, one answer: bit, packed and table agree on every count."""

import re

import numpy as np
import pytest
from hypothesis import given

from stochastic import (
    Counter,
    Lfsr,
    Sobol,
    VanDerCorput,
    encode_codes,
    multiply,
    multiply_count,
    product_counts,
)
from stochastic.streams.count_table import count_table
from stochastic.streams.stream_bank import bank, bank_pays
from tests.support.stream_operations import (
    ENCODINGS,
    ENGINES,
    PROPERTY,
    operations,
    random_codes,
)


@PROPERTY
@given(operations((1, 8)))
def test_all_engines_give_the_same_product_counts(operation):
    pair, length, encoding, seed = operation
    rng = np.random.default_rng(seed)
    a = random_codes(rng, pair[0], encoding, (3, 1))
    b = random_codes(rng, pair[1], encoding, (21,))
    streams = (
        encode_codes(c, g, length, encoding, "bit") for c, g in zip((a, b), pair, strict=True)
    )
    expected = multiply(*streams, correlated=True).integers()
    if encoding == "bipolar":
        expected = (expected + 1) // 2
    expected = expected.sum(axis=-1)
    for engine in ENGINES:
        counts = product_counts(a, b, pair, length, encoding, engine, correlated=True)
        assert counts.dtype == np.int32
        assert np.array_equal(counts, expected), engine


@PROPERTY
@given(operations((9, 20)))
def test_wide_generators_packed_against_bit(operation):
    pair, length, encoding, seed = operation
    rng = np.random.default_rng(seed)
    a, b = (random_codes(rng, g, encoding, (19,)) for g in pair)
    expected = product_counts(a, b, pair, length, encoding, "bit", correlated=True)
    for engine in ("packed", "auto"):
        counts = product_counts(a, b, pair, length, encoding, engine, correlated=True)
        assert np.array_equal(counts, expected)
    stream = encode_codes(a, pair[0], length, encoding, "packed")
    assert np.array_equal(stream.words, encode_codes(a, pair[0], length, encoding, "bit").words)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("length", [1, 7, 64, 65, 256])
def test_every_pair_of_codes_of_small_widths(encoding, length):
    pair = Lfsr(width=3, seed=5), Counter(width=4, phase=3)
    low = [-(1 << g.width) if encoding == "sign-magnitude" else 0 for g in pair]
    a = np.arange(low[0], 9)
    b = np.arange(low[1], 17)
    words = [g.words(length).tolist() for g in pair]
    expected = np.zeros((len(a), len(b)), int)
    for i, x in enumerate(a.tolist()):
        for j, y in enumerate(b.tolist()):
            for r1, r2 in zip(*words, strict=True):
                u, v = r1 < abs(x), r2 < abs(y)
                if encoding == "bipolar":
                    expected[i, j] += u == v
                else:
                    expected[i, j] += (u and v) * (-1 if (x < 0) != (y < 0) else 1)
    for engine in ENGINES:
        counts = product_counts(a[:, None], b, pair, length, encoding, engine)
        assert np.array_equal(counts, expected), engine


@pytest.mark.parametrize("length", [1, 63, 64, 65, 200, 256, 257, 320, 448])
@pytest.mark.parametrize("encoding", ["unipolar", "bipolar"])
def test_banks_are_used_and_equal(length, encoding):
    # More products than the bank has rows, so that "packed" takes its rows from it.
    pair = Sobol(width=5), Sobol(width=5, dimension=1)
    rng = np.random.default_rng(length)
    a, b = rng.integers(0, 33, (2, 1000))
    assert bank_pays(pair[0], length, 1000)
    if length == 1:
        pair = pair[0], Counter(width=5, phase=9)  # all of Sobol's sequences begin with 0
    expected = product_counts(a, b, pair, length, encoding, "bit")
    for dtype in (np.uint8, np.int16, np.uint16, np.int64, np.uint64):
        counts = product_counts(
            a.astype(dtype), b.astype(dtype), pair, length, encoding, "packed"
        )
        assert np.array_equal(counts, expected)
    streams = [encode_codes(c, g, length, encoding) for c, g in zip((a, b), pair, strict=True)]
    assert np.array_equal(multiply_count(*streams), expected)


def test_real_values_give_the_counts_of_their_codes():
    pair = Sobol(width=8), Sobol(width=8, dimension=1)
    x = np.arange(0, 257)
    for engine in ENGINES:
        real = product_counts(x[:, None] / 128 - 1, x / 128 - 1, pair, engine=engine)
        assert np.array_equal(real, product_counts(x[:, None], x, pair, engine=engine))


def test_scalars_and_empty_arrays():
    pair = Counter(width=2), Counter(width=3, direction="down")
    for engine in ENGINES:
        assert product_counts(0.5, 0.5, pair, 8, engine=engine).shape == ()
        assert product_counts([], [], pair, 8, engine=engine).shape == (0,)
        empty = product_counts(np.empty((0, 3)), 0.5, pair, 8, engine=engine)
        assert empty.shape == (0, 3)


@pytest.mark.parametrize("width", [1, 4])
def test_banks_against_the_comparator(width):
    generator = VanDerCorput(width=width)
    words = generator.words(70)
    rows = bank(generator, 70)
    assert rows.shape == ((1 << width) + 1, 2)
    for code, row in enumerate(rows):
        bits = [int(row[t // 64]) >> (t % 64) & 1 for t in range(70)]
        assert bits == [int(w < code) for w in words.tolist()]
    assert not rows.flags.writeable
    assert bank(generator, 70) is rows


def test_long_windows_have_wider_tables():
    pair = Counter(width=1), Counter(width=2)
    for length, dtype in ((65535, np.uint16), (65536, np.uint32), (100001, np.uint32)):
        table = count_table(pair, length, "bipolar")
        assert table.dtype == dtype
        assert table[2, 4] == length
        words = [g.words(length).astype(int) for g in pair]
        for a in range(3):
            for b in range(5):
                assert table[a, b] == ((words[0] < a) == (words[1] < b)).sum()
        counts = product_counts(
            np.arange(3)[:, None], np.arange(5), pair, length, "bipolar", "table"
        )
        assert np.array_equal(counts, table)
        # Sixteen and more products go through the vector look-up.
        many = np.arange(32) % 3, np.arange(32) % 5
        counts = product_counts(*many, pair, length, "bipolar", "table")
        assert np.array_equal(counts, table[many])


PAIR = Sobol(width=13), Sobol(width=13, dimension=1)
SAME = Counter(width=4)


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (
            lambda: product_counts([1], [1], PAIR, engine="table"),
            ValueError,
            "a count table of widths 13 and 13 takes 134250500 bytes, more than 67108864: "
            "use engine 'packed'",
        ),
        (
            lambda: product_counts([1], [1], (SAME, SAME)),
            ValueError,
            f"product_counts needs independent operands, but {SAME!r} and {SAME!r} give the "
            f"same sequence: pass correlated=True if that is meant",
        ),
        (
            lambda: product_counts([1], [1], SAME),
            TypeError,
            f"product_counts generators must be a pair, not {SAME!r}",
        ),
        (
            lambda: product_counts([1], [1], (SAME, 3)),
            TypeError,
            "product_counts generator must be a generator, not 3",
        ),
        (
            lambda: product_counts([1, 2], [1, 2, 3], PAIR, encoding="sign-magnitude"),
            ValueError,
            "product_counts takes shapes that broadcast, not (2,) and (3,)",
        ),
        (
            lambda: product_counts([1, 2], [1, 2, 3], PAIR),
            ValueError,
            "product_counts takes shapes that broadcast, not (2,) and (3,)",
        ),
        (
            lambda: product_counts([1.5], [0.0], PAIR),
            ValueError,
            "bipolar values must be between -1 and 1, not 1.5",
        ),
        (
            lambda: product_counts([8193], [0], PAIR),
            ValueError,
            "bipolar codes of width 13 must be between 0 and 8192, not 8193",
        ),
        (
            lambda: product_counts([1], [1], PAIR, engine="fast"),
            ValueError,
            "engine must be one of auto, bit, packed, table, not 'fast'",
        ),
        (
            lambda: product_counts([1], [1], PAIR, 1 << 31),
            ValueError,
            "stream length must be between 1 and 2147483647, not 2147483648",
        ),
    ],
)
def test_bad_input(call, kind, message):
    with pytest.raises(kind, match=f"^{re.escape(message)}$"):
        call()


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("operand", [0, 1])
@pytest.mark.parametrize(
    "wrong",
    [
        np.int8(-1),
        np.int16(17),
        np.uint16(65535),
        np.int32(-(2**31)),
        np.uint32(2**32 - 1),
        np.int64(-1),
        np.int64(2**32),
        np.uint64(2**64 - 1),
    ],
)
def test_a_code_out_of_range_is_found_wherever_it_stands(engine, operand, wrong):
    pair = Counter(width=4), Counter(width=4, direction="down")
    message = f"^unipolar codes of width 4 must be between 0 and 16, not {wrong}$"
    for position in (0, 15, 18):
        codes = [np.full(19, 16, wrong.dtype) for _ in pair]
        codes[operand][position] = wrong
        with pytest.raises(ValueError, match=message):
            product_counts(*codes, pair, 16, "unipolar", engine)


def test_auto_takes_packed_where_the_table_does_not_fit():
    codes = np.arange(8193)
    counts = product_counts(codes, codes[::-1], PAIR, 64)
    assert np.array_equal(counts, product_counts(codes, codes[::-1], PAIR, 64, engine="bit"))
