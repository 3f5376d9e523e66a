"""Gates on packed streams against integers, circuit models and the rule of independence."""

import re

import numpy as np
import pytest

from stochastic import (
    Bitstream,
    Counter,
    Lfsr,
    Multiplier,
    MuxAdder,
    Pcg,
    Sobol,
    VanDerCorput,
    add,
    encode_codes,
    from_codes,
    invert,
    multiply,
    multiply_count,
    scaled_add,
)
from stochastic.streams import encode
from stochastic.streams.packing import pack

ENCODINGS = ["unipolar", "bipolar", "sign-magnitude"]
LENGTHS = [1, 63, 64, 65, 200, 256, 300]


def random_stream(seed, shape, length, encoding, streams=None):
    rng = np.random.default_rng(seed)
    middle = shape if streams is None else (*shape, streams)
    words = pack(rng.integers(0, 2, (*middle, length)))
    signs = pack(rng.integers(0, 2, (*middle, length))) if encoding[0] == "s" else None
    return Bitstream(words, length, encoding, (), signs, streams)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("length", LENGTHS)
def test_multiply_multiplies_the_integers_of_every_cycle(encoding, length):
    a = random_stream(1, (3, 1), length, encoding)
    b = random_stream(2, (4,), length, encoding)
    product = multiply(a, b)
    assert product.shape == (3, 4)
    assert np.array_equal(product.integers(), a.integers() * b.integers())
    assert np.array_equal(multiply_count(a, b), product.count())
    assert multiply_count(a, b).dtype == np.int32


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_multiply_is_the_multiplier_circuit(encoding):
    a, b = (random_stream(seed, (3,), 130, encoding) for seed in (3, 4))
    inputs = {"a": a.bits().T, "b": b.bits().T}
    if encoding == "sign-magnitude":
        inputs |= {"a_sign": a.sign_bits().T, "b_sign": b.sign_bits().T}
    outputs, _ = Multiplier(encoding=encoding).run(inputs)
    product = multiply(a, b)
    assert np.array_equal(product.bits().T, outputs["product"])
    if encoding == "sign-magnitude":
        assert np.array_equal(product.sign_bits().T, outputs["product_sign"])


@pytest.mark.parametrize("encoding", ["unipolar", "bipolar"])
@pytest.mark.parametrize(("m1", "m2"), [(3, None), (None, 4), (2, 5), (1, 1)])
def test_integral_products_and_sums(encoding, m1, m2):
    a = random_stream(5, (2, 1), 70, encoding, m1)
    b = random_stream(6, (3,), 70, encoding, m2)
    product = multiply(a, b)
    assert product.shape == (2, 3)
    assert product.streams == (m1 or 1) * (m2 or 1)
    assert np.array_equal(product.integers(), a.integers() * b.integers())
    assert np.array_equal(multiply_count(a, b), product.count())
    assert multiply_count(a, b).dtype == np.int64
    total = add(a, b)
    assert total.streams == (m1 or 1) + (m2 or 1)
    assert np.array_equal(total.integers(), a.integers() + b.integers())


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("length", LENGTHS)
def test_invert(encoding, length):
    stream = random_stream(7, (3,), length, encoding)
    expected = 1 - stream.integers() if encoding == "unipolar" else -stream.integers()
    assert np.array_equal(invert(stream).integers(), expected)
    if encoding != "sign-magnitude":
        integral = random_stream(8, (3,), length, encoding, 5)
        expected = (5 if encoding == "unipolar" else 0) - integral.integers()
        assert np.array_equal(invert(integral).integers(), expected)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("count", [2, 3, 8])
def test_scaled_add_is_the_mux_adder_circuit(encoding, count):
    generator = Lfsr(width=5)
    streams = [random_stream(seed, (4,), 150, encoding) for seed in range(count)]
    total = scaled_add(*streams, generator=generator)
    adder = MuxAdder(fan_in=count, generator=generator)

    def multiplexed(wires):
        lanes = np.stack([w.T for w in wires], axis=-1).reshape(150, 4 * count)
        return adder.run({"streams": lanes})[0]["mean"].T

    assert np.array_equal(total.bits(), multiplexed([s.bits() for s in streams]))
    assert np.array_equal(total.sign_bits(), multiplexed([s.sign_bits() for s in streams]))
    assert total.generators == (generator,)


def test_independent_random_products_have_the_binomial_error():
    # The AND of independent bits of p and q is a bit of pq: the mean of N of them has the
    # standard deviation sqrt(pq (1 - pq) / N); 5 of them are passed once in 1.7 million.
    n = 1 << 14
    codes = np.linspace(0, 1 << 16, 9).astype(int)
    p = from_codes(codes, 16, "unipolar")
    a = encode_codes(codes[:, None], Pcg(width=16, seed=1), n, "unipolar")
    b = encode_codes(codes, Pcg(width=16, seed=2), n, "unipolar")
    pq = p[:, None] * p
    deviation = np.sqrt(pq * (1 - pq) / n)
    error = multiply(a, b).value - pq
    assert (np.abs(error) <= 5 * deviation).all()
    assert (np.abs(error)[deviation > 0] > 0).any()


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_two_sobol_dimensions_multiply_exactly_in_a_square_of_cycles(n):
    # Over 2^(2n) cycles the pairs of upper halves of the words come once each.
    codes = np.arange((1 << n) + 1) << n
    a, b = (Sobol(width=2 * n, dimension=d) for d in (0, 1))
    product = multiply(
        encode_codes(codes[:, None], a, 1 << 2 * n, "unipolar"),
        encode_codes(codes, b, 1 << 2 * n, "unipolar"),
    )
    x = np.arange((1 << n) + 1)
    assert np.array_equal(product.count(), x[:, None] * x)


def test_one_sequence_gives_the_minimum_and_is_refused():
    counter, again = Counter(width=4), Counter(width=4, phase=16)
    a, b = (encode(x, g, 16, "unipolar") for x, g in ((0.25, counter), (0.75, again)))
    assert multiply(a, b, correlated=True).value == 0.25
    message = (
        f"Multiplier needs independent operands, but {counter!r} and {again!r} give the same "
        f"sequence: pass correlated=True if that is meant"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        multiply(a, b)
    with pytest.raises(ValueError, match="^multiply_count needs independent operands"):
        multiply_count(a, b)
    assert multiply_count(a, b, correlated=True) == 4


def test_one_sequence_under_two_names_is_found():
    # In its order dimension 0 of Sobol is the van der Corput sequence for two cycles alone.
    a, b = (encode(0.5, g, 2) for g in (Sobol(width=4), VanDerCorput(width=4)))
    with pytest.raises(ValueError, match="^Multiplier needs independent operands"):
        multiply(a, b)
    a, b = (encode(0.5, g, 16) for g in (Sobol(width=4), VanDerCorput(width=4)))
    assert multiply(a, b).length == 16


def test_derived_streams_remember_their_sources():
    g, h, r = (Sobol(width=6, dimension=d) for d in range(3))
    a, b = encode(0.5, g), encode(0.25, h)
    product = multiply(a, b)
    assert product.generators == (g, h)
    for again in (a, b, product, invert(a), add(b, b)):
        with pytest.raises(ValueError, match="^Multiplier needs independent operands"):
            multiply(product, again)
    assert scaled_add(a, b, generator=r).generators == (g, h, r)
    with pytest.raises(ValueError, match="^MuxAdder needs independent operands"):
        scaled_add(a, b, generator=h)
    assert scaled_add(a, b, generator=h, correlated=True).generators == (g, h)
    # Streams of unknown origin are not refused.
    unknown = Bitstream.from_bits(a.bits())
    assert multiply(unknown, a).generators == (g,)


A = Bitstream.from_bits(np.zeros((2, 8), int), "unipolar")


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: multiply(A, 1), TypeError, "multiply takes Bitstreams, not int"),
        (
            lambda: multiply(A, Bitstream.from_bits([0] * 9, "unipolar")),
            ValueError,
            "multiply takes streams of one length, not 8 and 9",
        ),
        (
            lambda: multiply_count(A, Bitstream.from_bits([0] * 8)),
            ValueError,
            "multiply_count takes streams of one encoding, not unipolar and bipolar",
        ),
        (
            lambda: multiply_count(A, Bitstream.from_bits(np.zeros((3, 8), int), "unipolar")),
            ValueError,
            "multiply_count takes streams of shapes that broadcast, not (2,) and (3,)",
        ),
        (lambda: add(), ValueError, "add takes at least one stream, not 0"),
        (
            lambda: add(Bitstream.from_bits([0] * 8, "sign-magnitude")),
            ValueError,
            "add takes unipolar or bipolar streams, not sign-magnitude ones",
        ),
        (
            lambda: scaled_add(A, generator=Counter(width=1)),
            ValueError,
            "scaled_add by a 1-bit generator takes 2 to 2 streams, not 1",
        ),
        (
            lambda: scaled_add(A, add(A, A), generator=Counter(width=1)),
            ValueError,
            "scaled_add takes plain streams, not integral ones: use add",
        ),
        (
            lambda: scaled_add(A, A, generator=3),
            TypeError,
            "scaled_add generator must be a generator, not 3",
        ),
        (lambda: invert(3), TypeError, "invert takes Bitstreams, not int"),
    ],
)
def test_bad_input(call, kind, message):
    with pytest.raises(kind, match=f"^{re.escape(message)}$"):
        call()
