"""Inverter of a stream."""

import numpy as np

from stochastic import Bitstream, Inverter, invert


def test_values_are_negated_exactly():
    bits = np.random.default_rng(1).random((5, 100)) < 0.3
    for encoding, total in (("unipolar", 1), ("bipolar", 0)):
        stream = Bitstream.from_bits(bits, encoding)
        inverted = Inverter().apply(x=stream)
        np.testing.assert_allclose(inverted.value, total - stream.value, atol=1e-15)
        np.testing.assert_array_equal(inverted.words, invert(stream).words)
