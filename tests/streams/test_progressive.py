"""Progressive precision, and the length at which a confidence is reached."""

import numpy as np
import pytest

from stochastic import (
    Bitstream,
    VanDerCorput,
    confident_length,
    encode,
    length_for_error,
    progressive_values,
)

# The kernels take long to compile.
pytestmark = pytest.mark.slow


def test_the_first_2k_bits_of_van_der_corput_give_k_bits():
    values = np.linspace(0, 1, 257)
    stream = encode(values, VanDerCorput(width=8), length=256, encoding="unipolar")
    running = progressive_values(stream)
    for k in range(9):
        # The prefix has the ones of ceil(x 2^k): less than one step above.
        error = running[:, 2**k - 1] - values
        assert error.min() >= 0
        assert error.max() < 2.0**-k


def test_last_value_is_the_streams():
    bits = np.random.default_rng(1).random((5, 100)) < 0.3
    for encoding in ("unipolar", "bipolar"):
        stream = Bitstream.from_bits(bits, encoding)
        np.testing.assert_allclose(progressive_values(stream)[:, -1], stream.value)


def test_published_sample_sizes():
    # Tables of sample sizes: 385 for 5 % and 1068 for 3 % at 95 %, 664 for 5 % at 99 %.
    assert length_for_error(0.5, 0.05) == 385
    assert length_for_error(0.5, 0.03) == 1068
    assert length_for_error(0.5, 0.05, 0.99) == 664
    assert length_for_error(0, 0.1, encoding="bipolar") == 385
    assert length_for_error(1, 0.1) == 1


def test_published_wilson_interval():
    # 81 of 263: 0.255 to 0.366 (Newcombe 1998, table I), half width 0.0555.
    bits = np.zeros(263, int)
    bits[:: 263 // 80][:81] = 1
    count = np.cumsum(bits)
    assert count[-1] == 81
    assert confident_length(bits, 0.0556) <= 263
    assert confident_length(bits, 0.0550) == 0


@pytest.mark.parametrize("encoding", ["unipolar", "bipolar"])
@pytest.mark.parametrize("p", [0.05, 0.3, 0.5])
def test_ended_streams_have_the_wanted_confidence(p, encoding):
    rng = np.random.default_rng(3)
    stream = Bitstream.from_bits(rng.random((20000, 600)) < p, encoding)
    error = 0.1 if encoding == "bipolar" else 0.05
    value = 2 * p - 1 if encoding == "bipolar" else p
    ends = confident_length(stream, error)
    assert ends.min() > 0
    at_end = progressive_values(stream)[np.arange(20000), ends - 1]
    # A look at every bit costs a little; near 0 the interval is wider than it must be.
    assert (np.abs(at_end - value) <= error).mean() > 0.92
    wanted = length_for_error(value, error, 0.95, encoding)
    assert np.mean(ends) == pytest.approx(wanted, rel=0.2 if p > 0.1 else 0.6)


def test_confidence_close_to_1():
    # scipy.stats.norm.isf(2**-54) is 8.292361075813597; the variance of a bit is 1 / 4.
    assert length_for_error(0.5, 0.01, confidence=1 - 2.0**-53) == 171909


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: confident_length([0, 1], 0), "confident_length error must be above 0, not 0"),
        (
            lambda: confident_length([0, 1], 0.1, 1),
            "confident_length confidence must be between 0 and 1, not 1",
        ),
        (
            lambda: length_for_error(-0.5, 0.1),
            "length_for_error value must be 0 to 1, not -0.5",
        ),
        (
            lambda: length_for_error(0.5, 1e-200),
            r"length_for_error error must need at most 2\^62 bits, unlike 1e-200",
        ),
        (
            lambda: length_for_error(0.5, 5e-324),
            r"length_for_error error must need at most 2\^62 bits, unlike 5e-324",
        ),
    ],
)
def test_bad_use_is_one_sentence(call, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        call()
