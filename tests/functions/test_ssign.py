"""The sign counter: symmetry, and the states that a dead zone needs."""

import numpy as np
import pytest

from sim.oracles.birth_death import stationary_law
from stochastic import Bitstream, Ssign


def one(x, states):
    p = (1 + x) / 2
    law, _ = stationary_law(np.full(states, p), np.full(states, 1 - p))
    half = states // 2
    return law[half + 1 :].sum() + p * law[half - 1 : half + 1].sum()


@pytest.mark.parametrize(("x", "error"), [(0.1, 0.01), (0.5, 0.001), (0.02, 0.1)])
def test_fewest_states_for_a_dead_zone(x, error):
    states = Ssign.for_dead_zone(x, error).states
    assert 2 - 2 * one(x, states) <= error < 2 - 2 * one(x, states - 2)


def test_zero_has_no_sign():
    assert one(0.0, 16) == pytest.approx(0.5)


def test_inverted_input_inverts_the_output():
    # States s and K - 1 - s mirror each other, so the start must be mirrored as well.
    bits = np.random.default_rng(1).random((5, 200)) < 0.5
    y = Ssign(states=8, initial=4).apply(x=Bitstream.from_bits(bits, "bipolar"))
    mirrored = Ssign(states=8, initial=3).apply(x=Bitstream.from_bits(~bits, "bipolar"))
    np.testing.assert_array_equal(mirrored.bits(), ~y.bits())


@pytest.mark.parametrize(
    ("x", "error", "message"),
    [
        (0, 0.1, "Ssign x must be above 0 and below 1, not 0"),
        (0.5, 1, "Ssign error must be above 0 and below 1, not 1"),
        (0.001, 0.01, "Ssign x must be large enough for 1024 states, not 0.001"),
    ],
)
def test_bad_dead_zones(x, error, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        Ssign.for_dead_zone(x, error)
