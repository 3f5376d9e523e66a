"""Catalogue entry of `multiplier_backwards`: the 4 x 4 multiplier with a clamped product."""

from __future__ import annotations

from stochastic.invertible import Noise

from ...entry import Entry
from ...oracles.spin_moves import expect_network_moves
from .multiplier_forwards import multiplier_network, multiplier_stimulus

__all__ = ["ENTRY"]


def stimulus(p, cycles, lanes, rng):
    """Clamp the product."""
    return multiplier_stimulus("p", p, cycles, lanes, rng)


def moves(p, cycles, lanes, rng):
    """Expect every counter to follow from the spins of the cycle before."""
    return expect_network_moves(p, cycles, lanes, stimulus(p, cycles, lanes, rng))


ENTRY = Entry(
    name="multiplier_backwards",
    default=multiplier_network(4, Noise(weight=3, density=3, density_bits=2), seed=1),
    oracle=moves,
    stimulus=stimulus,
)
