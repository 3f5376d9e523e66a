"""Encoding: the comparator's rule, every encoding, and the accuracy that follows."""

import re

import numpy as np
import pytest

from stochastic import (
    Counter,
    Lfsr,
    Pcg,
    Sobol,
    VanDerCorput,
    encode_codes,
    from_codes,
    to_codes,
)
from stochastic.streams import encode

ENGINES = ["auto", "bit", "packed", "table"]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("width", [1, 3, 5])
@pytest.mark.parametrize("length", [1, 40, 64, 70])
def test_every_code_against_a_loop_over_cycles(engine, width, length):
    generator = Counter(width=width, direction="down")
    words = generator.words(length).tolist()
    codes = range((1 << width) + 1)
    stream = encode_codes(codes, generator, length, "unipolar", engine)
    assert stream.bits().tolist() == [[word < code for word in words] for code in codes]
    assert stream.generators == (generator,)
    assert stream.length == length


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("shape", [(), (0,), (7,), (2, 0), (2, 3, 4)])
def test_arrays_of_any_shape(engine, shape):
    values = np.random.default_rng(1).uniform(-1, 1, shape)
    generator = VanDerCorput(width=6)
    stream = encode(values, generator, 100, engine=engine)
    assert stream.shape == shape
    assert stream.words.shape == (*shape, 2)
    words = generator.words(100).astype(int)
    assert np.array_equal(stream.bits(), words < to_codes(values, 6)[..., None])


def test_the_stream_repeats_with_the_generators_period():
    bits = encode(0.3, VanDerCorput(width=4), 70).bits()
    assert np.array_equal(bits[16:], bits[:-16])


def test_the_ends_of_the_range_are_constant():
    for generator in (Counter(width=1), Lfsr(width=3), Sobol(width=8), Pcg(width=32)):
        bits = encode([-1.0, 1.0], generator, 130).bits()
        assert not bits[0].any()
        assert bits[1].all()


@pytest.mark.parametrize("engine", ENGINES)
def test_sign_magnitude(engine):
    values = np.array([-1.0, -0.3, -0.0, 0.0, 0.3, 1.0])
    stream = encode(values, Sobol(width=8), 256, "sign-magnitude", engine)
    magnitudes = encode(np.abs(values), Sobol(width=8), 256, "unipolar")
    assert np.array_equal(stream.words, magnitudes.words)
    # The sign wire is constant, and 0 for both zeros.
    assert stream.sign_bits()[:2].all()
    assert not stream.sign_bits()[2:].any()
    assert np.array_equal(stream.value, np.sign(values) * magnitudes.value)
    # Past the length the sign wire is zero too.
    assert (encode(-0.5, Sobol(width=8), 3, "sign-magnitude").sign_words == 7).all()


@pytest.mark.parametrize("encoding", ["unipolar", "bipolar"])
@pytest.mark.parametrize("engine", ENGINES)
def test_integral_streams_are_m_streams_of_one_mth(encoding, engine):
    generators = tuple(Sobol(width=6, dimension=d) for d in range(4))
    values = np.array([[0.0, 4.0, 2.5], [1.0, 3.0, 0.125]])
    stream = encode(values, generators, 70, encoding, engine)
    assert stream.shape == (2, 3)
    assert stream.words.shape == (2, 3, 4, 2)
    for i, generator in enumerate(generators):
        alone = encode(values / 4, generator, 70, encoding)
        assert np.array_equal(stream.words[..., i, :], alone.words)
    low = 0 if encoding == "unipolar" else -4
    assert stream.integers().min() >= low
    assert stream.integers().max() <= 4


@pytest.mark.parametrize(
    "generator",
    [Counter(width=8), Sobol(width=8), Sobol(width=8, dimension=5), VanDerCorput(width=8)],
)
def test_a_permutation_encodes_every_code_exactly_in_its_period(generator):
    for encoding, low in (("unipolar", 0), ("bipolar", 0), ("sign-magnitude", -256)):
        codes = np.arange(low, 257)
        stream = encode_codes(codes, generator, 256, encoding)
        assert np.array_equal(stream.value, from_codes(codes, 8, encoding))


@pytest.mark.parametrize("form", ["fibonacci", "galois"])
@pytest.mark.parametrize("width", [3, 8, 11])
def test_an_lfsr_over_its_period_misses_only_the_word_zero(width, form):
    # Words 1..2^n - 1, once each: X - 1 of them are below X, and none below 0.
    codes = np.arange((1 << width) + 1)
    period = (1 << width) - 1
    stream = encode_codes(codes, Lfsr(width=width, form=form), period, "unipolar")
    assert np.array_equal(stream.count(), np.maximum(codes - 1, 0))
    # With the zero state inserted every code is exact.
    stream = encode_codes(
        codes, Lfsr(width=width, form=form, zero_state=True), period + 1, "unipolar"
    )
    assert np.array_equal(stream.count(), codes)


def test_random_streams_have_the_binomial_error():
    # The count of N independent bits is binomial: standard deviation sqrt(p (1 - p) / N) of
    # the mean. 5 of them are passed by chance once in 1.7 million. The 200 seeds' mean
    # squared error is chi-squared over 200, of relative standard deviation sqrt(2 / 200).
    n = 4096
    for p in (0.1, 0.5, 0.9):
        code = to_codes(p, 16, "unipolar")
        exact = from_codes(code, 16, "unipolar")
        variance = exact * (1 - exact) / n
        errors = np.array(
            [
                float(encode_codes(code, Pcg(width=16, seed=s), n, "unipolar").value - exact)
                for s in range(200)
            ]
        )
        assert np.abs(errors).max() < 5 * np.sqrt(variance)
        assert abs(np.mean(errors**2) / variance - 1) < 5 * np.sqrt(2 / 200)


COUNTER = Counter(width=4)


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: encode(0.5, 8), TypeError, "generator must be a generator, not 8"),
        (
            lambda: encode(2.0, COUNTER),
            ValueError,
            "bipolar values must be between -1 and 1, not 2.0",
        ),
        (
            lambda: encode(0.5, COUNTER, 0),
            ValueError,
            "stream length must be between 1 and 2147483647, not 0",
        ),
        (
            lambda: encode(0.5, COUNTER, encoding="integral"),
            ValueError,
            "encoding must be one of unipolar, bipolar, sign-magnitude, not 'integral'",
        ),
        (
            lambda: encode(0.5, COUNTER, engine="gpu"),
            ValueError,
            "engine must be one of auto, bit, packed, table, not 'gpu'",
        ),
        (
            lambda: encode(0.5, ()),
            ValueError,
            "an integral stream needs at least one generator, not 0",
        ),
        (
            lambda: encode(0.5, [COUNTER, COUNTER.delayed(16)]),
            ValueError,
            f"an integral stream needs independent generators, but {COUNTER!r} and "
            f"{COUNTER!r} give the same sequence",
        ),
        (
            lambda: encode(0.5, (COUNTER, Sobol(width=5))),
            ValueError,
            "generators of an integral stream must be equally wide, not 4, 5",
        ),
        (
            lambda: encode_codes(8, [COUNTER, Sobol(width=8)]),
            ValueError,
            "generators of an integral stream must be equally wide, not 4, 8",
        ),
        (
            lambda: encode(0.5, (COUNTER,), encoding="sign-magnitude"),
            ValueError,
            "integral streams must be unipolar or bipolar, not sign-magnitude",
        ),
        (
            lambda: encode(-2.5, (COUNTER, Sobol(width=4)), encoding="bipolar"),
            ValueError,
            "bipolar values must be between -2 and 2, not -2.5",
        ),
        (
            lambda: encode_codes(17, COUNTER),
            ValueError,
            "bipolar codes of width 4 must be between 0 and 16, not 17",
        ),
        (
            lambda: encode(0.5, Sobol(width=20), engine="table"),
            ValueError,
            "a bank of 1048577 streams of 256 bits takes 33554464 bytes, more than 16777216: "
            "use engine 'packed'",
        ),
    ],
)
def test_bad_input(call, kind, message):
    with pytest.raises(kind, match=f"^{re.escape(message)}$"):
        call()
