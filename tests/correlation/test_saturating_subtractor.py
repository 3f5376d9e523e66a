"""SaturatingSubtractor: exact on correlated streams, close to it with its synchronizer."""

import numpy as np
import pytest

from stochastic import SaturatingSubtractor
from tests.support.pair_functions import check_correlated_pairs, check_the_circuit_in_front


def test_exact_for_every_pair_of_values_of_16_bits():
    check_correlated_pairs(SaturatingSubtractor(depth=0), lambda a, b: np.maximum(a - b, 0))


def test_the_circuit_in_front_takes_away_the_error():
    check_the_circuit_in_front(SaturatingSubtractor, lambda a, b: np.maximum(a - b, 0))


def test_bad_depth_is_one_sentence():
    with pytest.raises(
        ValueError, match="^SaturatingSubtractor depth must be between 0 and 8, not 9$"
    ):
        SaturatingSubtractor(depth=9)
