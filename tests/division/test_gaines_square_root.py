"""Gaines' square root: roots, and the correlation of words that spoils them."""

import numpy as np
import pytest

from stochastic import Bitstream, GainesSquareRoot, Lfsr, VanDerCorput, Xorshift32

X = np.array([0.04, 0.1, 0.25, 0.36, 0.6, 0.81])


def roots(circuit):
    bits = np.random.default_rng(1).random((48, 6, 8192)) < X[:, None]
    found = circuit.apply(x=Bitstream.from_bits(bits, "unipolar"))
    return found.bits()[..., 2048:].mean(axis=(0, 2))


def test_roots_with_independent_words():
    found = roots(GainesSquareRoot(width=8, generator=Xorshift32(width=8)))
    assert np.abs(found - np.sqrt(X)).max() < 0.01


def test_successive_words_of_a_shift_register_need_a_delay():
    near = roots(GainesSquareRoot(width=8, generator=Lfsr(width=8)))
    far = roots(GainesSquareRoot(width=8, generator=Lfsr(width=8), delay=8))
    assert np.abs(near - np.sqrt(X)).max() > 0.05
    assert np.abs(far - np.sqrt(X)).max() < 0.02


def test_a_low_discrepancy_sequence_does_not_serve():
    # Of two successive words one is always above a half.
    found = roots(GainesSquareRoot(width=8, generator=VanDerCorput(width=8)))
    assert np.abs(found - np.sqrt(X)).max() > 0.1


def test_full_scale_is_kept():
    circuit = GainesSquareRoot(width=4, generator=Lfsr(width=4), initial=16)
    ones = Bitstream.from_bits([1] * 100, "unipolar")
    assert circuit.apply(x=ones).value == 1


def test_errors():
    with pytest.raises(
        ValueError, match="^GainesSquareRoot delay must be between 1 and 32, not"
    ):
        GainesSquareRoot(width=4, generator=Lfsr(width=4), delay=0)
    circuit = GainesSquareRoot(width=4, generator=Lfsr(width=4))
    with pytest.raises(ValueError, match="^GainesSquareRoot x must be unipolar, not bipolar$"):
        circuit.apply(x=Bitstream.from_bits([1], "bipolar"))
