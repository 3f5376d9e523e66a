"""Gates and the 4 x 4 multiplier in all directions, and how far from the Boltzmann law.

    python -m examples.invertible_gates [--products] [--cycles 4000]

For each gate, the total variation between the law of its states and the Boltzmann law of the
nearest temperature: for spin gates that move all at once, for the same one after the other,
and for Gibbs sampling, which is exact but for its finite sample.
"""

from __future__ import annotations

import argparse

import numpy as np
from rich.console import Console
from rich.table import Table

from stochastic.invertible import (
    GATES,
    GibbsSampler,
    Hamiltonian,
    Noise,
    SpinEngine,
    multiplier,
)

from .exit_status import exit_with

# Of the gates alone, and of the multiplier, whose most frequent states are right at this noise.
LIMIT, NOISE, REPLICAS = 4, Noise(weight=4), 1024
COLD = Noise(weight=3, density=3, density_bits=2)


def nearest(hamiltonian: Hamiltonian, measured: np.ndarray) -> tuple[float, float]:
    """Return the inverse temperature whose law is nearest, and the total variation."""
    energies = hamiltonian.spectrum - hamiltonian.ground_energy
    best = (1.0, 0.0)
    for beta in np.geomspace(0.02, 5.0, 400):
        law = np.exp(-beta * energies)
        distance = float(np.abs(measured - law / law.sum()).sum() / 2)
        best = min(best, (distance, float(beta)))
    return best[1], best[0]


def law_of(sampler, advance, size: int, samples: int) -> np.ndarray:
    """Return the measured law of all states."""
    counts = np.zeros(1 << size)
    advance(200)
    for _ in range(samples):
        advance(5)
        index = (sampler.spins > 0) @ (1 << np.arange(size))
        counts += np.bincount(index, minlength=1 << size)
    return counts / counts.sum()


def deviation(hamiltonian: Hamiltonian, samples: int) -> list[tuple[float, float]]:
    """Return nearest temperature and distance of the three dynamics."""
    found = []
    for order in ("synchronous", "serial"):
        engine = SpinEngine(
            hamiltonian, noise=NOISE, limit=LIMIT, replicas=REPLICAS, order=order
        )
        law = law_of(
            engine,
            lambda n, engine=engine: engine.run(np.full(n, LIMIT)),
            hamiltonian.size,
            samples,
        )
        found.append(nearest(hamiltonian, law))
    sampler = GibbsSampler(hamiltonian, replicas=REPLICAS)
    beta = found[1][0]
    law = law_of(sampler, lambda n: sampler.run([beta] * n), hamiltonian.size, samples)
    return [*found, nearest(hamiltonian, law)]


def watched(clamps: dict[str, int], cycles: int) -> tuple[bool, float, np.ndarray]:
    """Run the 4 x 4 multiplier with ports clamped.

    Returns
    -------
    right : bool
        Whether the most frequent state of all spins is a row of the multiplier.
    share : float
        The share of cycles and replicas whose ports are right.
    times : float array ``[512]``
        The cycle in which each replica's ports were first right; NaN where they never were.
    """
    network = multiplier(4, 4)
    for name, value in clamps.items():
        network.clamp(name, value)
    problem = network.build()
    size = problem.hamiltonian.size
    engine = SpinEngine(problem.hamiltonian, noise=COLD, limit=LIMIT, replicas=512)
    place = np.uint64(1) << np.arange(size, dtype=np.uint64)
    keys, right, times = [], 0, np.full(512, np.nan)
    for t in range(cycles):
        engine.run([LIMIT])
        spins = engine.spins
        a, b, p = (
            problem.bits(spins, problem.ports[name]) @ (1 << np.arange(width))
            for name, width in (("a", 4), ("b", 4), ("p", 8))
        )
        hit = a * b == p
        times[hit & np.isnan(times)] = t + 1
        right += int(hit.sum())
        if t % 50 == 49:
            keys.append((spins > 0).astype(np.uint64) @ place)
    states, counts = np.unique(np.concatenate(keys), return_counts=True)
    mode = np.where(states[counts.argmax()] & place, 1, -1)
    return not problem.wrong_gates(mode), right / (512 * cycles), times


def products(cycles: int) -> list[str]:
    """Return lines on all products of 4 x 4 bits forwards and on all products backwards."""
    pairs = [(a, b) for a in range(16) for b in range(16)]
    tasks = {
        "forwards": [{"a": a, "b": b} for a, b in pairs],
        "backwards": [{"p": p} for p in sorted({a * b for a, b in pairs})],
    }
    lines = []
    for name, clampings in tasks.items():
        results = [watched(clamps, cycles) for clamps in clampings]
        shares = np.array([share for _, share, _ in results])
        times = np.concatenate([times for _, _, times in results])
        found = times[~np.isnan(times)]
        margin = 1.96 * found.std() / np.sqrt(len(found))
        lines.append(
            f"4 x 4 {name}: the most frequent state is right for "
            f"{sum(right for right, _, _ in results)} of {len(results)} clampings; "
            f"right in {shares.mean():.3f} of all cycles (least {shares.min():.3f}); "
            f"{len(found) / len(times):.4f} of all runs right within {cycles} cycles, "
            f"first after {found.mean():.1f} ± {margin:.1f} cycles"
        )
    return lines


def main(arguments: list[str] | None = None) -> None:
    """Print the table, and count the products."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--products", action="store_true", help="all products of 4 x 4 bits")
    parser.add_argument("--cycles", type=int, default=2000)
    parser.add_argument("--samples", type=int, default=200)
    options = parser.parse_args(arguments)
    console = Console(width=110)
    table = Table(title="Nearest inverse temperature, and total variation from its law")
    for heading in ("gate", "spins", "synchronous", "serial", "Gibbs"):
        table.add_column(heading, justify="right")
    for name, gate in GATES.items():
        cells = [
            f"{beta:.2f}  {distance:.3f}"
            for beta, distance in deviation(gate.hamiltonian, options.samples)
        ]
        table.add_row(name, str(gate.hamiltonian.size), *cells)
    console.print(table)
    if options.products:
        for line in products(options.cycles):
            console.print(line)


if __name__ == "__main__":
    exit_with(main)
