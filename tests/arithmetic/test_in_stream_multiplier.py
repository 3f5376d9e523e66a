"""The in-stream uMUL: both operands of one generator, unlike AND and XNOR."""

import numpy as np
import pytest

from stochastic import Bitstream, InStreamMultiplier, Lfsr, Sobol, VanDerCorput, encode


@pytest.mark.parametrize(("encoding", "bound"), [("unipolar", 0.04), ("bipolar", 0.08)])
def test_products_of_streams_of_one_generator(encoding, bound):
    generator = VanDerCorput(width=8)
    values = np.linspace(0 if encoding == "unipolar" else -1, 1, 9)
    a = encode(values[:, None], generator, 1024, encoding)
    b = encode(values[None], generator, 1024, encoding)
    product = InStreamMultiplier(generator=Sobol(width=8), encoding=encoding).apply(a=a, b=b)
    # Of the 1024 cycles the first 256 are the transient of the shift register.
    late = product.bits()[..., 256:].mean(axis=-1)
    late = late if encoding == "unipolar" else 2 * late - 1
    assert np.abs(late - np.outer(values, values)).max() <= bound


def test_starts_from_a_half():
    ones = Bitstream.from_bits([1] * 32, "unipolar")
    zeros = Bitstream.from_bits([0] * 32, "unipolar")
    gate = InStreamMultiplier(generator=VanDerCorput(width=4))
    # The register holds 0, 1, 0, 1 ...: a 1 leaves first, and then in every second cycle.
    words = VanDerCorput(width=4).words(16)
    expected = [int(w < 8 - (t + 1) // 2) for t, w in enumerate(words)] + [0] * 16
    assert gate.apply(a=ones, b=zeros).bits().astype(int).tolist() == expected


GENERATORS = [
    VanDerCorput(width=1),  # a period shorter than a step of the packed engine
    Sobol(width=5),  # a shift register of half a word
    Lfsr(width=6),  # of one word
    Sobol(width=7),  # of two words
    VanDerCorput(width=10),
]


@pytest.mark.parametrize("encoding", ["unipolar", "bipolar"])
@pytest.mark.parametrize("generator", GENERATORS, ids=lambda g: f"{g.width} bits")
@pytest.mark.parametrize("length", [1, 31, 63, 64, 65, 255, 2100])
def test_packed_words_and_single_cycles(encoding, generator, length):
    rng = np.random.default_rng(length)
    gate = InStreamMultiplier(generator=generator, encoding=encoding)
    a, b = (
        Bitstream.from_bits(rng.random((3, length)) < p, encoding)
        for p in (0.5, [[0], [1], [0.3]])
    )
    packed, by_bits = (gate.apply(a=a, b=b, engine=e) for e in ("packed", "bit"))
    np.testing.assert_array_equal(packed.words, by_bits.words)
    if length > 64:
        # A bit of b counts in the cycles after it, and not before.
        words = b.words.copy()
        words[:, 0] ^= np.uint64(1 << 40)
        other = gate.apply(a=a, b=Bitstream(words, length, encoding))
        changed = (other.bits() != packed.bits()).any(axis=0)
        assert not changed[:41].any()


def test_errors():
    message = "^InStreamMultiplier generator must have a width up to 10, not 11$"
    with pytest.raises(ValueError, match=message):
        InStreamMultiplier(generator=VanDerCorput(width=11))
    gate = InStreamMultiplier(generator=VanDerCorput(width=2))
    a, b = (Bitstream.from_bits(bits, "unipolar") for bits in ([1, 0], [1, 0, 1]))
    message = "^InStreamMultiplier takes streams of one length, not 2 and 3$"
    with pytest.raises(ValueError, match=message):
        gate.apply(a=a, b=b)
