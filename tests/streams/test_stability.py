"""Stability against its definition, and its maximum against all streams."""

import itertools

import numpy as np
import pytest

from stochastic import Bitstream, Sobol, encode, largest_stability, normalized_stability
from stochastic import stability as stability_of


def by_definition(bits, threshold):
    length = len(bits)
    value = sum(bits) / length
    longest = 1
    for prefix in range(1, length + 1):
        if abs(sum(bits[:prefix]) / prefix - value) > threshold + 1e-12:
            longest = max(longest, prefix)
    return 1 - longest / length


@pytest.mark.parametrize("threshold", [0.03, 0.11, 0.26])
def test_every_stream_of_10_bits(threshold):
    rows = np.array(list(itertools.product((0, 1), repeat=10)))
    expected = np.array([by_definition(row.tolist(), threshold) for row in rows])
    np.testing.assert_allclose(stability_of(rows, threshold), expected)
    # The best of all streams with the same number of ones.
    ones = rows.sum(axis=1)
    best = [expected[ones == count].max() for count in range(11)]
    np.testing.assert_allclose(largest_stability(np.arange(11), 10, threshold), best)
    normalized = normalized_stability(rows, threshold)
    assert normalized.max() == 1
    np.testing.assert_allclose(normalized * np.array(best)[ones], expected)


def test_worked_example():
    # Values 1, 1, .667, .5, .6, .5, .571, .5: the fifth is the last beyond 0.08.
    bits = [1, 1, 0, 0, 1, 0, 1, 0]
    assert stability_of(bits, 0.08) == 1 - 5 / 8
    assert stability_of(bits, 0.06) == 1 - 7 / 8
    assert stability_of(Bitstream.from_bits(bits, "bipolar"), 0.16) == 1 - 5 / 8


def test_low_discrepancy_streams_are_nearly_as_stable_as_possible():
    values = np.linspace(0, 1, 65)
    rng = np.random.default_rng(1)
    regular = encode(values, Sobol(width=8), length=256, encoding="unipolar")
    shuffled = rng.permuted(regular.bits(), axis=-1)
    assert normalized_stability(regular).mean() > 0.9
    assert normalized_stability(shuffled).mean() < normalized_stability(regular).mean() - 0.1


@pytest.mark.parametrize("function", [stability_of, normalized_stability])
def test_bad_use_is_one_sentence(function):
    name = function.__name__
    with pytest.raises(ValueError, match=f"^{name} threshold must be 0 or more, not -1$"):
        function([0, 1], -1)
    signed = Bitstream.from_bits([0, 1], "sign-magnitude")
    with pytest.raises(
        ValueError,
        match=f"^{name} takes plain unipolar or bipolar streams, not sign-magnitude ones$",
    ):
        function(signed)
