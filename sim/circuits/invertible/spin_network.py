"""Catalogue entry of `spin_network`."""

from __future__ import annotations

from stochastic.invertible import Hamiltonian, Noise, Schedule, SpinNetwork, noise_sources

from ...entry import Entry
from ...oracles.spin_moves import expect_network_moves
from ...simulation.stimulus import random_stimulus

__all__ = ["ENTRY"]


def moves(p, cycles, lanes, rng):
    """Expect every counter to follow from the spins of the cycle before."""
    return expect_network_moves(p, cycles, lanes, random_stimulus(p, cycles, lanes, rng))


AND = Hamiltonian(h=(1, 1, -2), J=((0, 1, -1), (0, 2, 2), (1, 2, 2)))


def network(hamiltonian, schedule, noise, *, sharing=1, **options):
    """Return a network with its own sources."""
    return SpinNetwork(
        hamiltonian=hamiltonian,
        schedule=schedule,
        noise=noise,
        sources=noise_sources(hamiltonian.size, noise, sharing=sharing),
        sharing=sharing,
        **options,
    )


SPARSE = Noise(weight=3, density=3, density_bits=2)

ENTRY = Entry(
    name="spin_network",
    default=network(
        AND, Schedule.doubling(1, 8, hold=32, repeat=True), Noise(weight=2), clamping=True
    ),
    edges=(
        network(Hamiltonian(h=(0,)), Schedule.constant(1), Noise(weight=1)),
        network(Hamiltonian(h=(1,)), Schedule.constant(3), Noise(weight=0), clamping=True),
        network(AND, Schedule.constant(4), SPARSE, sharing=2, symmetric=True),
        network(
            AND,
            Schedule(limits=(5, 2, 7), hold=3),
            SPARSE,
            sharing=3,
            clamping=True,
            initial=(-5, 4, 0),
            directed=((2, 0, 3), (0, 1, -1)),
        ),
        network(
            Hamiltonian(h=(0,) * 9, J=tuple((i, (i + 1) % 9, -1) for i in range(9))),
            Schedule(limits=(1, 9), hold=1, repeat=True),
            Noise(weight=2),
            sharing=9,
        ),
    ),
    planted=network(
        AND,
        Schedule(limits=(2, 5, 3), hold=6, repeat=True),
        Noise(weight=1, density=1, density_bits=1),
        clamping=True,
    ),
    oracle=moves,
)
