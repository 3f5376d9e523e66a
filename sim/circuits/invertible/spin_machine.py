"""Catalogue entry of `spin_machine`."""

from __future__ import annotations

import numpy as np

from stochastic.invertible import Hamiltonian, Noise, Schedule, SpinMachine

from ...entry import Entry, Expectation
from ...oracles.spin_moves import xorshift_bits

__all__ = ["ENTRY"]


def moves(p, cycles, lanes, rng):
    """Expect the sweeps of the equations, by dense matrices, in the clocks of the entries."""
    n, R = p.size, p.replicas
    h, matrix = p.hamiltonian.dense()
    entries = 1 + np.maximum((matrix != 0).sum(axis=1), p.noise.density_bits)
    clocks = int(entries.sum()) + 4
    sweeps = -(-cycles // clocks)
    bits = xorshift_bits(p.seed, sweeps * n * p.noise.bits, R)
    bits = bits.reshape(sweeps, n, p.noise.bits, R)
    places = 1 << np.arange(p.noise.density_bits)
    chance = np.einsum("snkr,k->snr", bits[:, :, 1:], places)
    noise = p.noise.weight * (2 * bits[:, :, 0] - 1) * (chance < p.noise.density)
    expected = {
        "valid": np.zeros((sweeps * clocks, 1), np.int64),
        "index": np.zeros((sweeps * clocks, 1), np.int64),
        "spins": np.ones((sweeps * clocks, R), np.int64),
        "counters": np.zeros((sweeps * clocks, R), np.int64),
        "limit": np.repeat(p.schedule.values(sweeps), clocks)[:, None],
    }
    counters = np.zeros((n, R), np.int64)
    shown = np.cumsum(entries) + 3
    for sweep, limit in enumerate(p.schedule.values(sweeps).tolist()):
        field = h[:, None] + matrix @ np.where(counters >= 0, 1, -1) + noise[sweep]
        counters = np.clip(counters + field, -limit, limit - (not p.symmetric))
        for i, at in enumerate((sweep * clocks + shown).tolist()):
            expected["valid"][at] = 1
            expected["index"][at:] = i
            expected["counters"][at:] = counters[i]
            expected["spins"][at:] = counters[i] >= 0

    def measure(outputs):
        return np.concatenate(
            [outputs[name].reshape(cycles, lanes, -1) for name in expected], axis=2
        )

    return Expectation(
        inputs={},
        measure=measure,
        expected=np.concatenate(list(expected.values()), axis=1)[:cycles, None],
        tolerance=0,
        source="T' = clip(T + h + J m + r) for all spins at once, shown in the rows' clocks",
    )


AND = Hamiltonian(h=(1, 1, -2), J=((0, 1, -1), (0, 2, 2), (1, 2, 2)))

# Odd weights, and rows of different lengths.
STAR = Hamiltonian(
    h=(0, 1, -3, 0, 5), J=((0, 1, 1), (0, 2, -3), (0, 3, 1), (1, 2, 5), (2, 3, -1))
)

SPARSE = Noise(weight=3, density=3, density_bits=2)


def machine(hamiltonian, schedule, noise, **options):
    """Return a machine."""
    return SpinMachine(hamiltonian=hamiltonian, schedule=schedule, noise=noise, **options)


ENTRY = Entry(
    name="spin_machine",
    default=machine(
        STAR, Schedule.doubling(1, 16, hold=8, repeat=True), Noise(weight=3), replicas=8
    ),
    edges=(
        machine(Hamiltonian(h=(0,)), Schedule.constant(1), Noise(weight=1)),
        machine(
            Hamiltonian(h=(-1,)),
            Schedule.constant(3),
            Noise(weight=5, density=77, density_bits=8),
            replicas=2,
            seed=2**63 - 1,
        ),
        machine(AND, Schedule(limits=(5, 2, 7), hold=3), SPARSE, symmetric=True, seed=0),
        machine(AND, Schedule.constant(4), Noise(weight=0), replicas=3),
        machine(
            Hamiltonian(h=(0,) * 9, J=tuple((i, (i + 1) % 9, -1) for i in range(9))),
            Schedule(limits=(1, 9), hold=1, repeat=True),
            Noise(weight=2),
            replicas=64,
        ),
    ),
    planted=machine(
        STAR,
        Schedule(limits=(2, 5, 11), hold=6, repeat=True),
        Noise(weight=1, density=1, density_bits=1),
        replicas=2,
    ),
    oracle=moves,
)
