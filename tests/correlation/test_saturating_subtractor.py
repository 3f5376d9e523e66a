"""SaturatingSubtractor: exact on correlated streams, close to it with its synchronizer."""

import numpy as np
import pytest

from stochastic import Bitstream, SaturatingSubtractor


def test_exact_for_every_pair_of_values_of_16_bits():
    a, b = np.indices((17, 17))[..., None]
    order = np.random.default_rng(1).permuted(np.tile(np.arange(16), (17, 17, 1)), axis=-1)
    streams = (Bitstream.from_bits(bits, "unipolar") for bits in (order < a, order < b))
    found = SaturatingSubtractor(depth=0).apply(**dict(zip("ab", streams, strict=True)))
    np.testing.assert_array_equal(found.count(), np.maximum(a - b, 0)[..., 0])


def test_the_circuit_in_front_takes_away_the_error():
    rng = np.random.default_rng(2)
    value = rng.random((2, 4000, 1))
    bits = rng.random((2, 4000, 256)) < value
    first, second = (Bitstream.from_bits(x, "unipolar") for x in bits)
    a, b = 16 * bits.mean(axis=-1)
    wanted = np.maximum(a - b, 0) / 16
    errors = [
        np.abs(
            SaturatingSubtractor(depth=d).apply(a=first, b=second, correlated=True).value
            - wanted
        ).mean()
        for d in (0, 1, 2, 4)
    ]
    # Deeper circuits pair more ones, and keep up to `depth` of them: D / N.
    assert errors[0] > 0.05
    assert errors[1] < errors[0] / 3
    assert errors[2] < errors[1]
    assert errors[3] < 0.015


def test_bad_depth_is_one_sentence():
    with pytest.raises(
        ValueError, match="^SaturatingSubtractor depth must be between 0 and 8, not 9$"
    ):
        SaturatingSubtractor(depth=9)
