"""Packed streams: storage, decoding, and how they show themselves."""

import re

import numpy as np
import pytest

from stochastic import Bitstream, Counter, Sobol, decode
from stochastic.streams import encode
from stochastic.streams.packing import last_word, pack, unpack, word_count

LENGTHS = [1, 2, 63, 64, 65, 127, 128, 129, 200, 256]


@pytest.mark.parametrize("length", LENGTHS)
def test_bit_t_is_bit_t_mod_64_of_word_t_div_64(length):
    bits = np.random.default_rng(length).integers(0, 2, (2, 3, length)).astype(bool)
    words = pack(bits)
    assert words.shape == (2, 3, word_count(length)) == (2, 3, (length + 63) // 64)
    assert words.dtype == np.uint64
    for i in np.ndindex(2, 3):
        number = sum(int(bits[(*i, t)]) << t for t in range(length))
        stored = sum(int(word) << 64 * k for k, word in enumerate(words[i]))
        assert stored == number
    assert np.array_equal(unpack(words, length), bits)
    assert int(last_word(length)) == int(pack(np.ones(length))[-1])


@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 3), (2, 3)])
@pytest.mark.parametrize("encoding", ["unipolar", "bipolar"])
def test_integers_count_and_value_follow_the_bits(shape, encoding):
    bits = np.random.default_rng(5).integers(0, 2, (*shape, 75)).astype(bool)
    stream = Bitstream.from_bits(bits, encoding)
    integers = bits.astype(int) if encoding == "unipolar" else 2 * bits.astype(int) - 1
    assert stream.shape == shape
    assert np.array_equal(stream.bits(), bits)
    assert np.array_equal(stream.integers(), integers)
    assert np.array_equal(stream.count(), bits.sum(axis=-1))
    assert not stream.sign_bits().any()
    assert np.array_equal(stream.value, integers.sum(axis=-1) / 75)
    assert stream.value.shape == shape
    assert stream.value.dtype == np.float64
    assert np.array_equal(decode(stream), stream.value)


def test_sign_magnitude_is_ternary_on_two_wires():
    rng = np.random.default_rng(6)
    bits, signs = rng.integers(0, 2, (2, 4, 70)).astype(bool)
    stream = Bitstream.from_bits(bits, "sign-magnitude", sign_bits=signs)
    ternary = np.where(bits, np.where(signs, -1, 1), 0)
    assert np.array_equal(stream.integers(), ternary)
    assert np.array_equal(stream.sign_bits(), signs)
    assert np.array_equal(stream.count(), ternary.sum(axis=-1))
    assert np.array_equal(stream.value, ternary.sum(axis=-1) / 70)
    assert (Bitstream.from_bits(bits, "sign-magnitude").value >= 0).all()


@pytest.mark.parametrize("encoding", ["unipolar", "bipolar"])
def test_integral_streams_sum_their_binary_streams(encoding):
    bits = np.random.default_rng(7).integers(0, 2, (2, 3, 70)).astype(bool)
    stream = Bitstream(pack(bits), 70, encoding, streams=3)
    sums = bits.sum(axis=-2) if encoding == "unipolar" else 2 * bits.sum(axis=-2) - 3
    assert stream.shape == (2,)
    assert np.array_equal(stream.integers(), sums)
    assert np.array_equal(stream.count(), bits.sum(axis=(-2, -1)))
    assert np.array_equal(stream.value, sums.sum(axis=-1) / 70)


def test_repr_is_short_and_says_what_matters():
    counter = Counter(width=3)
    assert (
        repr(encode(0.5, counter, length=8))
        == "Bitstream(bipolar 0.5, 8 bits 11111100, Counter(width=3, phase=0, direction='up'))"
    )
    assert repr(Bitstream.from_bits([1], "unipolar")) == "Bitstream(unipolar 1, 1 bit 1)"
    assert (
        repr(Bitstream.from_bits([1] * 40, "sign-magnitude"))
        == f"Bitstream(sign-magnitude 1, 40 bits {'1' * 32}...)"
    )
    assert (
        repr(Bitstream.from_bits(np.zeros((2, 5), int)))
        == "Bitstream(bipolar, shape (2,), 5 bits)"
    )
    three = tuple(Sobol(width=4, dimension=d) for d in range(3))
    assert repr(encode(1.5, three, length=16, encoding="unipolar")) == (
        f"Bitstream(integral of 3 unipolar 1.5, 16 bits, {three[0]!r} & {three[1]!r} & 1 more)"
    )


WORDS = np.zeros((2, 1), np.uint64)


@pytest.mark.parametrize(
    ("make", "kind", "message"),
    [
        (
            lambda: Bitstream(WORDS.tolist(), 8, "unipolar"),
            TypeError,
            "words must be a uint64 array, not list",
        ),
        (
            lambda: Bitstream(WORDS.astype(int), 8, "unipolar"),
            TypeError,
            "words must be a uint64 array, not int64",
        ),
        (
            lambda: Bitstream(WORDS, 65, "unipolar"),
            ValueError,
            "words of 65 bits must have the shape [..., 2], not (2, 1)",
        ),
        (
            lambda: Bitstream(~WORDS, 63, "unipolar"),
            ValueError,
            "words of 63 bits must be zero past the length",
        ),
        (
            lambda: Bitstream(WORDS, 0, "unipolar"),
            ValueError,
            "stream length must be between 1 and 2147483647, not 0",
        ),
        (
            lambda: Bitstream(WORDS, 8.0, "unipolar"),
            TypeError,
            "stream length must be an integer, not 8.0",
        ),
        (
            lambda: Bitstream(WORDS, 8, "sign-magnitude"),
            ValueError,
            "sign-magnitude streams must have sign_words, not None",
        ),
        (
            lambda: Bitstream(WORDS, 8, "bipolar", sign_words=WORDS),
            ValueError,
            "bipolar streams must not have sign_words",
        ),
        (
            lambda: Bitstream(WORDS, 8, "sign-magnitude", sign_words=WORDS[:1]),
            ValueError,
            "sign_words must have the shape (2, 1) of words, not (1, 1)",
        ),
        (
            lambda: Bitstream(WORDS, 8, "bipolar", streams=3),
            ValueError,
            "words of an integral stream of 3 must have the shape [..., 3, 1], not (2, 1)",
        ),
        (
            lambda: Bitstream(WORDS, 8, "sign-magnitude", sign_words=WORDS, streams=2),
            ValueError,
            "integral streams must be unipolar or bipolar, not sign-magnitude",
        ),
        (
            lambda: Bitstream(WORDS[:0], 8, "bipolar", streams=0),
            ValueError,
            "number of streams must be between 1 and 2147483648, not 0",
        ),
        (
            lambda: Bitstream(WORDS[:1], 8, "bipolar", streams=True),
            TypeError,
            "number of streams must be an integer, not True",
        ),
        (
            lambda: Bitstream(WORDS, 8, "bipolar", "lfsr"),
            TypeError,
            "generators of a stream must be a tuple of generators, not 'lfsr'",
        ),
        (
            lambda: Bitstream.from_bits([0, 2]),
            ValueError,
            "bits must be 0 or 1, not 2",
        ),
        (
            lambda: Bitstream.from_bits([0.0, 1.0]),
            TypeError,
            "bits must be booleans or integers 0 and 1, not float64",
        ),
        (
            lambda: Bitstream.from_bits(1),
            ValueError,
            "bits must have a time axis, not the shape ()",
        ),
        (
            lambda: Bitstream.from_bits(np.zeros((3, 0), bool)),
            ValueError,
            "stream length must be between 1 and 2147483647, not 0",
        ),
        (lambda: decode([0, 1]), TypeError, "decode takes a Bitstream, not list"),
    ],
)
def test_bad_streams(make, kind, message):
    with pytest.raises(kind, match=f"^{re.escape(message)}$"):
        make()


def test_narrow_integers_do_not_wrap():
    # All bits are 0: each of m bipolar streams has the value -1.
    for length, streams in ((np.uint16(40000), 2), (np.uint8(200), 3)):
        words = np.zeros((streams, word_count(int(length))), np.uint64)
        stream = Bitstream(words, length, "bipolar", streams=np.int8(streams))
        assert stream.value == -streams
        assert type(stream.length) is type(stream.streams) is int
