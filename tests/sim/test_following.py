"""Inputs that follow the words of generators, and counters that are brought to them."""

import numpy as np
import pytest

from sim.oracles.integrators import moves_to_words
from sim.simulation.following import follow, following_cycles
from stochastic import Lfsr, Multiplier, Sng, Sobol, VanDerCorput


def test_codes_are_near_the_word_of_their_cycle():
    sng = Sng(generator=Lfsr(width=8))
    cycles = following_cycles(sng)
    inputs = {"code": np.full((cycles + 5, 2), 77)}
    enable, rst = np.zeros(cycles + 5, bool), np.zeros(cycles + 5, bool)
    assert follow(sng, inputs, enable, rst, 0) == cycles
    assert np.flatnonzero(rst).tolist() == [0]
    assert enable[:cycles].all()
    assert (inputs["code"][cycles:] == 77).all()
    words = sng.generator.words(cycles - 1).astype(int)
    distance = inputs["code"][1:cycles] - words[:, None]
    assert set(np.unique(distance)) == {-1, 0, 1, 2}
    # A comparator of the codes shows whether it is strict.
    assert ((words[:, None] < inputs["code"][1:cycles]) != (distance >= 0)).any()


def test_inputs_of_one_bit_follow_nothing():
    assert following_cycles(Multiplier()) == 0


@pytest.mark.parametrize(
    ("generator", "start"),
    [(Sobol(width=24, dimension=3), (1 << 24) - 3), (VanDerCorput(width=32), 1 << 32)],
)
def test_a_counter_comes_to_a_word_and_rises(generator, start):
    moves, _ = moves_to_words(generator, start)
    values = start + np.cumsum(moves) - moves
    words = generator.words(len(moves)).astype(int)
    assert set(moves.tolist()) <= {-1, 0, 1}
    assert values[-1] == words[-1]
    assert moves[-1] == 1


def test_with_feedback_a_counter_falls_above_its_words_only():
    generator = Sobol(width=24, dimension=3)
    moves, above = moves_to_words(generator, (1 << 24) - 3, feedback=True)
    values = (1 << 24) - 3 + np.cumsum(moves) - moves
    words = generator.words(len(moves)).astype(int)
    assert (above == (words < values))[moves != 0].all()
    assert (moves[above] <= 0).all()
    assert (moves[~above] >= 0).all()
    # Once one above a word, and once at one.
    assert (values[moves < 0] == words[moves < 0] + 1).any()
    assert (values[-1], moves[-1]) == (words[-1], 1)
