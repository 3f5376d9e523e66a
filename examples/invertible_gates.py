"""How far gates of spins are from the Boltzmann law.

    python -m examples.invertible_gates [--samples 200]

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
)

from .exit_status import exit_with

LIMIT, NOISE, REPLICAS = 4, Noise(weight=4), 1024


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


def main(arguments: list[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
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


if __name__ == "__main__":
    exit_with(main)
