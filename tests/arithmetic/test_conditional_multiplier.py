"""The static uMUL: its error for every pair of operands, with one generator for both."""

import numpy as np
import pytest

from stochastic import ConditionalMultiplier, Lfsr, VanDerCorput, Xorshift32, encode


def run_all(encoding, n):
    """Return errors for every pair of codes, both from one van der Corput sequence."""
    size = (1 << n) + 1
    generator = VanDerCorput(width=n)
    values = np.arange(size) / (size - 1)
    if encoding == "bipolar":
        values = 2 * values - 1
    length = 1 << n
    bits = encode(values, generator, length, encoding).bits().T.astype(int)
    stream = np.repeat(bits, size, axis=1)
    code = np.tile(np.arange(size), (length, size))
    gate = ConditionalMultiplier(generator=generator, encoding=encoding)
    ones = gate.run({"stream": stream, "code": code})[0]["product"].sum(axis=0)
    found = ones / length if encoding == "unipolar" else 2 * ones / length - 1
    return found.reshape(size, size) - np.outer(values, values)


@pytest.mark.parametrize("n", [3, 4, 6])
def test_every_unipolar_pair(n):
    error = run_all("unipolar", n)
    # The counts of a van der Corput prefix differ from A X / 2^n by less than n / 2 + 1.
    assert np.abs(error).max() * (1 << n) < n / 2 + 1
    # Full scale and zero are exact.
    assert not error[[0, -1]].any()
    assert not error[:, [0, -1]].any()


@pytest.mark.parametrize("n", [3, 4, 6])
def test_every_bipolar_pair(n):
    assert np.abs(run_all("bipolar", n)).max() * (1 << n) < 2 * (n + 2)


def test_one_generator_for_both_operands_is_no_minimum():
    # AND of two streams of one sequence is the smaller value: an error of 1/4 at 1/2.
    assert abs(run_all("unipolar", 6)[32, 32]) <= 1 / 64


def test_errors():
    message = "^ConditionalMultiplier generator must repeat after at most 65536 words, not "
    with pytest.raises(ValueError, match=f"{message}{2**32 - 1}$"):
        ConditionalMultiplier(generator=Xorshift32(width=8))
    message = "^ConditionalMultiplier encoding must be one of unipolar, bipolar, not 'x'$"
    with pytest.raises(ValueError, match=message):
        ConditionalMultiplier(generator=Lfsr(width=3), encoding="x")
    gate = ConditionalMultiplier(generator=Lfsr(width=3))
    with pytest.raises(ValueError, match="^port code takes values from 0 to 8, not 9$"):
        gate.run({"stream": [1], "code": [9]})
