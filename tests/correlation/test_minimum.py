"""Minimum: exact on correlated streams, close to it behind its circuit in front."""

import numpy as np
import pytest

from stochastic import Minimum
from tests.support.pair_functions import check_correlated_pairs, check_the_circuit_in_front


def test_exact_for_every_pair_of_values_of_16_bits():
    check_correlated_pairs(Minimum(depth=0), np.minimum)


def test_the_circuit_in_front_takes_away_the_error():
    check_the_circuit_in_front(Minimum, np.minimum)


def test_bad_depth_is_one_sentence():
    with pytest.raises(ValueError, match="^Minimum depth must be between 0 and 8, not 9$"):
        Minimum(depth=9)
