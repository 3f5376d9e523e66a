"""How far gates of spins are from the Boltzmann law.

    python -m examples.invertible_gates [--samples 200]

For each gate, the total variation between the law of its states and the Boltzmann law of the
nearest temperature: for spin gates that move all at once, for the same one after the other,
and for Gibbs sampling, which is exact but for its finite sample. For random graphs of 12, 16
and 20 spins the same of their energies; all states are enumerated.
"""

from __future__ import annotations

import argparse
import dataclasses

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


@dataclasses.dataclass(frozen=True)
class Classes:
    """Classes of states of one energy: each state of a gate, each energy of a larger network.

    Attributes
    ----------
    of_state : int array ``[2^n]``
        The class of each state.
    energies, counts : int arrays ``[classes]``
        The energy of each class, above the least, and how many states it has.
    """

    of_state: np.ndarray
    energies: np.ndarray
    counts: np.ndarray

    @classmethod
    def of(cls, hamiltonian: Hamiltonian) -> Classes:
        """Return each state of up to 8 spins as a class of its own, else each energy."""
        energies = hamiltonian.spectrum - hamiltonian.ground_energy
        if hamiltonian.size <= 8:
            return cls(np.arange(len(energies)), energies, np.ones_like(energies))
        levels, of_state, counts = np.unique(energies, return_inverse=True, return_counts=True)
        return cls(of_state, levels, counts)

    def nearest(self, measured: np.ndarray) -> tuple[float, float]:
        """Return the inverse temperature whose law is nearest, and the total variation."""
        best = (1.0, 0.0)
        for beta in np.geomspace(0.02, 5.0, 400):
            law = self.counts * np.exp(-beta * self.energies)
            distance = float(np.abs(measured - law / law.sum()).sum() / 2)
            best = min(best, (distance, float(beta)))
        return best[1], best[0]

    def law_of(self, sampler, advance, size: int, samples: int) -> np.ndarray:
        """Return the measured law of all classes."""
        counts = np.zeros(len(self.energies))
        advance(200)
        for _ in range(samples):
            advance(5)
            index = (sampler.spins > 0) @ (1 << np.arange(size))
            counts += np.bincount(self.of_state[index], minlength=len(counts))
        return counts / counts.sum()


def deviation(hamiltonian: Hamiltonian, samples: int) -> list[tuple[float, float]]:
    """Return nearest temperature and distance of the three dynamics."""
    classes, size, found = Classes.of(hamiltonian), hamiltonian.size, []
    for order in ("synchronous", "serial"):
        engine = SpinEngine(
            hamiltonian, noise=NOISE, limit=LIMIT, replicas=REPLICAS, order=order
        )
        law = classes.law_of(
            engine, lambda n, engine=engine: engine.run(np.full(n, LIMIT)), size, samples
        )
        found.append(classes.nearest(law))
    sampler = GibbsSampler(hamiltonian, replicas=REPLICAS)
    beta = found[1][0]
    law = classes.law_of(sampler, lambda n: sampler.run([beta] * n), size, samples)
    return [*found, classes.nearest(law)]


def random_graph(spins: int, neighbours: int) -> Hamiltonian:
    """Return random signs on a random graph, and random biases of -1, 0 and 1."""
    rng = np.random.default_rng(spins)
    pairs = [(i, j) for i in range(spins) for j in range(i)]
    chosen = rng.choice(len(pairs), spins * neighbours // 2, replace=False)
    return Hamiltonian(
        h=tuple(rng.integers(-1, 2, spins).tolist()),
        J=tuple((*pairs[k], int(rng.choice([-1, 1]))) for k in chosen.tolist()),
    )


def main(arguments: list[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--samples", type=int, default=200)
    options = parser.parse_args(arguments)
    console = Console(width=110)
    table = Table(title="Nearest inverse temperature, and total variation from its law")
    for heading in ("gate", "spins", "synchronous", "serial", "Gibbs"):
        table.add_column(heading, justify="right")
    networks = {name: gate.hamiltonian for name, gate in GATES.items()}
    networks |= {f"random graph of {n}": random_graph(n, 4) for n in (12, 16, 20)}
    for name, hamiltonian in networks.items():
        cells = [
            f"{beta:.2f}  {distance:.3f}"
            for beta, distance in deviation(hamiltonian, options.samples)
        ]
        table.add_row(name, str(hamiltonian.size), *cells)
    console.print(table)


if __name__ == "__main__":
    exit_with(main)
