"""Catalogue entry of `multiplier_forwards`: the 4 x 4 multiplier with clamped operands."""

from __future__ import annotations

import functools

import numpy as np

from stochastic.invertible import Noise, Schedule, SpinNetwork, multiplier, noise_sources

from ...entry import Entry
from ...oracles.clamped_ports import clamped_rows
from ...oracles.spin_moves import expect_network_moves

__all__ = ["ENTRY", "multiplier_network", "multiplier_stimulus"]


@functools.cache
def problem():
    """Return the multiplier with all nets free."""
    return multiplier(4, 4).build()


def multiplier_network(limit, noise, seed):
    """Return the multiplier with a generator for each eight spins."""
    hamiltonian = problem().hamiltonian
    return SpinNetwork(
        hamiltonian=hamiltonian,
        schedule=Schedule.constant(limit),
        noise=noise,
        sources=noise_sources(hamiltonian.size, noise, seed=seed, sharing=8),
        sharing=8,
        clamping=True,
    )


def multiplier_stimulus(clamped, p, cycles, lanes, rng):
    """Clamp the ports `clamped` to those of random products, a new one every 64 cycles.

    In a part of the time no spin is clamped, so that the clamped ones are seen to be free too.
    """
    ports = problem().ports
    rows = np.full((256, p.size), -1)
    for row, (a, b) in zip(rows, np.ndindex(16, 16), strict=True):
        for name, value in (("a", a), ("b", b), ("p", a * b)):
            for bit, spin in enumerate(ports[name]):
                row[spin] = 2 * (value >> bit & 1) - 1
    group = tuple(spin for name in clamped for spin in ports[name])
    return clamped_rows(rows, (group, group, group, ()), cycles, lanes, rng)


def stimulus(p, cycles, lanes, rng):
    """Clamp both operands."""
    return multiplier_stimulus("ab", p, cycles, lanes, rng)


def moves(p, cycles, lanes, rng):
    """Expect every counter to follow from the spins of the cycle before."""
    return expect_network_moves(p, cycles, lanes, stimulus(p, cycles, lanes, rng))


ENTRY = Entry(
    name="multiplier_forwards",
    # At these limits and noises long runs of one replica are right most of the time.
    default=multiplier_network(3, Noise(weight=3, density=1, density_bits=1), seed=1),
    oracle=moves,
    stimulus=stimulus,
)
