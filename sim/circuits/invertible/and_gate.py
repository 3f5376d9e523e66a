"""Catalogue entry of `and_gate`: an invertible AND gate whose pins can all be clamped."""

from __future__ import annotations

from stochastic.invertible import Noise, Schedule, SpinNetwork, gate, noise_sources

from ...entry import Entry
from ...oracles.clamped_ports import clamped_rows
from ...oracles.spin_moves import expect_network_moves

__all__ = ["ENTRY"]

# The pins a, b and y; the gate runs forwards, backwards, and with any one pin clamped.
CLAMPED = ((0, 1), (2,), (0,), (1, 2), ())


def stimulus(p, cycles, lanes, rng):
    """Clamp some pins to a row of the truth table, others in each stretch of cycles."""
    return clamped_rows(gate("and").rows, CLAMPED, cycles, lanes, rng)


def moves(p, cycles, lanes, rng):
    """Expect every counter to follow from the spins of the cycle before."""
    return expect_network_moves(p, cycles, lanes, stimulus(p, cycles, lanes, rng))


def and_gate(noise, **options):
    """Return the gate with a generator for each spin."""
    return SpinNetwork(
        hamiltonian=gate("and").hamiltonian,
        noise=noise,
        sources=noise_sources(3, noise, seed=3),
        clamping=True,
        **options,
    )


ENTRY = Entry(
    name="and_gate",
    default=and_gate(Noise(weight=2), schedule=Schedule.constant(4)),
    edges=(
        and_gate(
            Noise(weight=3, density=3, density_bits=2),
            schedule=Schedule.doubling(1, 8, hold=64, repeat=True),
            symmetric=True,
        ),
    ),
    # Even weights leave a bit without use; odd noise and limits reach it.
    planted=and_gate(
        Noise(weight=1, density=1, density_bits=1),
        schedule=Schedule(limits=(3, 5), hold=6, repeat=True),
    ),
    oracle=moves,
    stimulus=stimulus,
)
