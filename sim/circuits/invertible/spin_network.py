"""Catalogue entry of `spin_network`."""

from __future__ import annotations

import numpy as np

from stochastic.invertible import Hamiltonian, Noise, Schedule, SpinNetwork, noise_sources

from ...entry import Entry, Expectation
from ...oracles.spin_moves import noise_terms
from ...simulation.stimulus import random_stimulus

__all__ = ["ENTRY"]


def moves(p, cycles, lanes, rng):
    """Expect every counter to follow from the spins of the cycle before, by dense matrices."""
    n = p.size
    inputs = random_stimulus(p, cycles, lanes, rng)
    h, matrix = p.hamiltonian.dense()
    for i, j, weight in p.directed:
        matrix[i, j] += weight
    noise = np.stack(
        [
            noise_terms(
                p.noise, p.sources[i // p.sharing], cycles, i % p.sharing * p.noise.bits
            )
            for i in range(n)
        ],
        axis=1,
    )[:, None, :]
    limit = p.schedule.values(cycles)[:, None, None]
    start = np.array(p.initial or (0,) * n)

    def errors(outputs):
        counters = outputs["counters"].reshape(cycles, lanes, n)
        spins = outputs["spins"].reshape(cycles, lanes, n)
        free = counters >= 0
        if p.clamping:
            clamp, value = (
                inputs[name].reshape(cycles, lanes, n) for name in ("clamp", "clamp_value")
            )
            free = np.where(clamp == 1, value, free)
        total = counters + h + (2 * spins - 1) @ matrix.T + noise
        after = np.clip(total, -limit, limit - (not p.symmetric))
        wrong = [
            (counters[0] - start).reshape(-1),
            (counters[1:] - after[:-1]).reshape(-1),
            (spins - free).reshape(-1),
            (outputs["limit"] - limit[:, :, 0]).reshape(-1),
        ]
        return np.concatenate(wrong)

    return Expectation(
        inputs=inputs,
        measure=errors,
        expected=0,
        tolerance=0,
        source="the equations of the network, T' = clip(T + h + J m + r), by dense matrices",
    )


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
        Schedule(limits=(2, 5, 3), hold=5, repeat=True),
        Noise(weight=1, density=1, density_bits=1),
        clamping=True,
    ),
    oracle=moves,
)
