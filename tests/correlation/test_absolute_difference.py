"""AbsoluteDifference: exact on correlated streams, close to it behind its circuit in front."""

import pytest

from stochastic import AbsoluteDifference
from tests.support.pair_functions import check_correlated_pairs, check_the_circuit_in_front


def test_exact_for_every_pair_of_values_of_16_bits():
    check_correlated_pairs(AbsoluteDifference(depth=0), lambda a, b: abs(a - b))


def test_the_circuit_in_front_takes_away_the_error():
    check_the_circuit_in_front(AbsoluteDifference, lambda a, b: abs(a - b))


def test_bad_depth_is_one_sentence():
    with pytest.raises(
        ValueError, match="^AbsoluteDifference depth must be between 0 and 8, not 9$"
    ):
        AbsoluteDifference(depth=9)
