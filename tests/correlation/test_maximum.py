"""Maximum: exact on correlated streams, close to it behind its circuit in front."""

import numpy as np
import pytest

from stochastic import Maximum
from tests.support.pair_functions import check_correlated_pairs, check_the_circuit_in_front


def test_exact_for_every_pair_of_values_of_16_bits():
    check_correlated_pairs(Maximum(depth=0), np.maximum)


def test_the_circuit_in_front_takes_away_the_error():
    check_the_circuit_in_front(Maximum, np.maximum)


def test_bad_depth_is_one_sentence():
    with pytest.raises(ValueError, match="^Maximum depth must be between 0 and 8, not 9$"):
        Maximum(depth=9)
