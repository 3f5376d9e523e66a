"""SaturatingAdder: exact on correlated streams, close to it behind its circuit in front."""

import numpy as np
import pytest

from stochastic import SaturatingAdder
from tests.support.pair_functions import check_correlated_pairs, check_the_circuit_in_front


def test_exact_for_every_pair_of_values_of_16_bits():
    check_correlated_pairs(
        SaturatingAdder(depth=0), lambda a, b: np.minimum(a + b, 16), overlap="least"
    )


def test_the_circuit_in_front_takes_away_the_error():
    check_the_circuit_in_front(SaturatingAdder, lambda a, b: np.minimum(a + b, 1))


def test_bad_depth_is_one_sentence():
    with pytest.raises(
        ValueError, match="^SaturatingAdder depth must be between 0 and 8, not 9$"
    ):
        SaturatingAdder(depth=9)
