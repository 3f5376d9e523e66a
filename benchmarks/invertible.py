"""Spin updates a second of the bit-sliced engine, against peers in the same run.

    python -m benchmarks.invertible [--json FILE]

All have one core. Peers: a scalar kernel of the same dynamics (the golden model's loop, one
replica after the other), Metropolis annealing of `dwave-samplers` and of `openjij` where they
are installed; a spin update of theirs, and of the Metropolis engine, is one proposal of a flip.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import time

import numpy as np

from benchmarks.measurement import Measurement, best_time, main
from fixedpoint.kernels.compiled import compiled
from stochastic.invertible import Hamiltonian, MetropolisEngine, Noise, SpinEngine

DENSE = Noise(weight=4)
SPARSE = Noise(weight=6, density=1, density_bits=1)
LIMIT = 4


@compiled
def scalar_cycles(counters, spins, h, starts, neighbours, weights, noise, limit, cycles, state):
    """Advance replicas by the three equations of the spin gate, spin by spin."""
    replicas, n = counters.shape
    following = np.empty(n, np.int8)
    for r in range(replicas):
        for _ in range(cycles):
            for i in range(n):
                field = h[i]
                for e in range(starts[i], starts[i + 1]):
                    field += weights[e] * spins[r, neighbours[e]]
                state ^= state << np.uint64(13)
                state ^= state >> np.uint64(7)
                state ^= state << np.uint64(17)
                field += noise if state >> np.uint64(63) else -noise
                moved = max(-limit, min(counters[r, i] + field, limit - 1))
                counters[r, i] = moved
                following[i] = 1 if moved >= 0 else -1
            for i in range(n):
                spins[r, i] = following[i]
    return state


def engine_rate(
    hamiltonian: Hamiltonian, noise: Noise, replicas: int, cycles: int, limit: int = LIMIT
) -> float:
    """Return the spin updates a second of the engine."""
    engine = SpinEngine(hamiltonian, noise=noise, limit=limit, replicas=replicas)
    limits = np.full(cycles, limit)
    seconds = best_time(lambda: engine.run(limits), seconds=1.5, minimum_calls=20)
    return replicas * cycles * hamiltonian.size / seconds


def metropolis_rate(hamiltonian: Hamiltonian, replicas: int, sweeps: int) -> float:
    """Return the proposed flips a second of the bit-sliced Metropolis engine."""
    engine = MetropolisEngine(hamiltonian, replicas=replicas)
    temperatures = np.full(sweeps, 2.0)
    seconds = best_time(lambda: engine.run(temperatures), seconds=1.5, minimum_calls=20)
    return replicas * sweeps * hamiltonian.size / seconds


def scalar_rate(hamiltonian: Hamiltonian) -> float:
    """Return the spin updates a second of the scalar kernel."""
    n, replicas, cycles = hamiltonian.size, 16, 100
    counters = np.zeros((replicas, n), np.int64)
    spins = np.ones((replicas, n), np.int64)
    arguments = (np.array(hamiltonian.h, np.int64), *hamiltonian.rows, 4, LIMIT, cycles)
    seconds = best_time(
        lambda: scalar_cycles(counters, spins, *arguments, np.uint64(88172645463325252))
    )
    return replicas * cycles * n / seconds


def ising(hamiltonian: Hamiltonian) -> tuple[dict[int, float], dict[tuple[int, int], float]]:
    """Return h and J with the sign of the peers, whose energy is +(sum h m + sum J m m)."""
    h = {i: -float(bias) for i, bias in enumerate(hamiltonian.h)}
    return h, {(i, j): -float(weight) for i, j, weight in hamiltonian.J}


def dwave_rate(hamiltonian: Hamiltonian) -> float:
    """Return the proposed flips a second of `dwave-samplers`, 0 where it is not installed."""
    if importlib.util.find_spec("dwave") is None:
        return 0.0
    from dwave.samplers import SimulatedAnnealingSampler

    h, J = ising(hamiltonian)
    reads, sweeps = 64, 200
    sampler = SimulatedAnnealingSampler()
    seconds = best_time(
        lambda: sampler.sample_ising(h, J, num_reads=reads, num_sweeps=sweeps, seed=1)
    )
    return reads * sweeps * hamiltonian.size / seconds


def openjij_rate(hamiltonian: Hamiltonian) -> float:
    """Return the proposed flips a second of `openjij`, 0 where it is not installed."""
    if importlib.util.find_spec("openjij") is None:
        return 0.0
    import openjij

    h, J = ising(hamiltonian)
    reads, sweeps = 64, 200
    sampler = openjij.SASampler()
    seconds = best_time(
        lambda: sampler.sample_ising(h, J, num_reads=reads, num_sweeps=sweeps, seed=1)
    )
    return reads * sweeps * hamiltonian.size / seconds


def irregular(spins: int = 500, degree: int = 6) -> Hamiltonian:
    """Return a random graph of weights -1 and +1 whose spins have different degrees."""
    rng = np.random.default_rng(1)
    pairs = rng.integers(0, spins, (spins * degree // 2, 2))
    links = {(min(i, j), max(i, j)) for i, j in pairs.tolist() if i != j}
    return Hamiltonian(
        h=(0,) * spins, J=tuple((i, j, int(rng.choice([-1, 1]))) for i, j in sorted(links))
    )


def first_answer() -> tuple[float, float]:
    """Return the seconds of a fresh process that factors 143, and of its own work."""
    program = (
        "import time; t = time.perf_counter(); from stochastic.invertible import factor; "
        "assert factor(143).factors == (11, 13); print(time.perf_counter() - t)"
    )
    best, own = float("inf"), float("inf")
    for _ in range(3):
        begin = time.perf_counter()
        output = subprocess.run(
            [sys.executable, "-c", program], check=True, capture_output=True, text=True
        ).stdout
        best, own = min(best, time.perf_counter() - begin), min(own, float(output))
    return best, own


def measure() -> list[Measurement]:
    """Measure the 8 x 8 multiplier with a clamped product, and an irregular graph."""
    # 193 x 251; the lowest bits are free too, so the network has 176 spins.
    from stochastic.invertible import multiplier

    network = multiplier(8, 8)
    network.clamp("p", 193 * 251)
    product = network.build().hamiltonian
    graph = irregular()
    unit = "updates/s"
    scalar, dwave, jij = scalar_rate(product), dwave_rate(product), openjij_rate(product)
    full = engine_rate(product, DENSE, 4096, 50)
    lines = [
        ("8 x 8 multiplier, 4,096 replicas, against a scalar kernel", full, scalar, 20e9),
        ("the same, against dwave-samplers", full, dwave, 20e9),
        ("the same, against openjij", full, jij, 20e9),
        ("512 replicas", engine_rate(product, DENSE, 512, 400), scalar, 0.0),
        ("64 replicas", engine_rate(product, DENSE, 64, 1500), scalar, 3e9),
        ("4,096 replicas, sparse noise", engine_rate(product, SPARSE, 4096, 50), scalar, 0.0),
        (
            "4,096 replicas, a limit that is no power of two",
            engine_rate(product, DENSE, 4096, 50, 5),
            scalar,
            0.0,
        ),
        (
            "irregular graph of 500 spins, 4,096 replicas",
            engine_rate(graph, Noise(weight=3), 4096, 30),
            scalar_rate(graph),
            5e9,
        ),
    ]
    metropolis = metropolis_rate(product, 512, 400)
    lines.append(("Metropolis, 512 replicas, against dwave-samplers", metropolis, dwave, 0.0))
    seconds, own = first_answer()
    return [
        *(
            Measurement(name=name, unit=unit, rate=rate, peer=peer, goal=goal)
            for name, rate, peer, goal in lines
        ),
        Measurement(
            name="143 factored by a fresh process, kernels cached",
            unit="starts/s",
            rate=1 / seconds,
            goal=1 / 3.9,
        ),
        Measurement(name="the same without Python's own start", unit="starts/s", rate=1 / own),
    ]


if __name__ == "__main__":
    main("Invertible logic, one core", measure)
