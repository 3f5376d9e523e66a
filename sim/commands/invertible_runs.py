"""Runs of invertible circuits with clamped ports: whether and when they are right."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterator, Mapping

import numpy as np

from stochastic.invertible import (
    Gate,
    LogicNetwork,
    Noise,
    ProductWatch,
    SpinEngine,
    multiplier,
)
from stochastic.invertible.logic_network import LogicProblem

__all__ = ["ClampedRun", "gate_clampings", "noise_and_limit", "run_clamped", "run_multiplier"]

# Cycles between two samples for the most frequent state.
SAMPLED = 10

# How `ProductWatch` names a bit that is 1.
CLAMPED_TO_1 = -2


@dataclasses.dataclass(frozen=True)
class ClampedRun:
    """What replicas with the same clamps did.

    Attributes
    ----------
    clamps : dict of str to int
        Port and value.
    mode_right : bool
        Whether the most frequent state of all spins is a row of every gate.
    share : float
        Of cycles and replicas in which all gates, or the ports, are right; of the multiplier
        in every tenth cycle.
    times : int array ``[replicas]``
        The cycle in which a replica was first right, counted from 1; 0 if it never was.
    cycles : int
    """

    clamps: dict[str, int]
    mode_right: bool
    share: float
    times: np.ndarray
    cycles: int

    @property
    def hits(self) -> int:
        """The number of replicas that were right in some cycle."""
        return int((self.times > 0).sum())

    @property
    def spent(self) -> int:
        """Cycles of all replicas until they were right, or to the end."""
        return int(np.where(self.times > 0, self.times, self.cycles).sum())


def gate_clampings(gate: Gate) -> Iterator[tuple[str, dict[str, int]]]:
    """Yield the direction and the clamps of every clamping of some pins that has a row.

    The direction is ``forwards`` if exactly the inputs are clamped, ``backwards`` if exactly
    the outputs are, ``free`` if no pin is, and ``mixed`` otherwise. At least one pin is free.
    """
    pins = gate.inputs + gate.outputs
    rows = {tuple(int(v > 0) for v in row[: len(pins)]) for row in gate.rows}
    for count in range(len(pins)):
        for chosen in itertools.combinations(range(len(pins)), count):
            names = tuple(pins[k] for k in chosen)
            direction = {gate.inputs: "forwards", gate.outputs: "backwards", (): "free"}
            for values in sorted({tuple(row[k] for k in chosen) for row in rows}):
                clamps = dict(zip(names, values, strict=True))
                yield direction.get(names, "mixed"), clamps


def run_clamped(
    gate: Gate, clamps: Mapping[str, int], *, cycles: int, replicas: int, seed: int
) -> ClampedRun:
    """Run one gate with some pins clamped."""
    network = LogicNetwork()
    visible = gate.inputs + gate.outputs
    nets = [network.port(pin)[0] for pin in visible]
    network.add(gate.name, *nets)
    for pin, value in clamps.items():
        network.clamp(pin, value)
    problem = network.build()
    _, where = problem.gates[0]
    rows = np.array(sorted({sum((v > 0) << k for k, v in enumerate(r)) for r in gate.rows}))
    places = 1 << np.arange(len(where))

    def right(spins):
        return np.isin(problem.bits(spins, where) @ places, rows)

    return _run(problem, dict(clamps), right, cycles, replicas, seed)


def run_multiplier(
    clamps: Mapping[str, int], *, cycles: int, replicas: int, seed: int
) -> ClampedRun:
    """Run the 4 x 4 multiplier with both operands or the product clamped.

    Right is where a times b is p.
    """
    network = multiplier(4, 4)
    for name, value in clamps.items():
        network.clamp(name, value)
    problem = network.build()
    ports = problem.ports
    if "p" in clamps:
        watch = ProductWatch(first=ports["a"], second=ports["b"], product=clamps["p"])
    else:
        product = clamps["a"] * clamps["b"]
        watch = ProductWatch(first=ports["p"], second=(CLAMPED_TO_1,), product=product)

    def right(spins):
        a, b, p = (
            problem.bits(spins, problem.ports[name]) @ (1 << np.arange(width))
            for name, width in (("a", 4), ("b", 4), ("p", 8))
        )
        return a * b == p

    return _run(problem, dict(clamps), right, cycles, replicas, seed, watch)


def noise_and_limit(largest: int) -> tuple[Noise, int]:
    """Return the noise and the limit at which the most frequent states are right.

    They grow with the largest coefficient of the circuit.
    """
    scale = max(1, largest // 2)
    return Noise(weight=3 * scale, density=3, density_bits=2), 4 * scale


def _run(
    problem: LogicProblem,
    clamps: dict[str, int],
    right: Callable[[np.ndarray], np.ndarray],
    cycles: int,
    replicas: int,
    seed: int,
    watch: ProductWatch | None = None,
) -> ClampedRun:
    """Run a problem; without a watch that finds the first right cycles, look at every cycle."""
    size = problem.hamiltonian.size
    largest = max(
        abs(v)
        for kind, _ in problem.gates
        for v in (*kind.hamiltonian.h, *(w for _, _, w in kind.hamiltonian.J))
    )
    noise, limit = noise_and_limit(largest)
    engine = SpinEngine(
        problem.hamiltonian,
        noise=noise,
        limit=limit,
        replicas=replicas,
        seed=seed,
        watch=watch,
    )
    place = np.uint64(1) << np.arange(size, dtype=np.uint64)
    keys, shares, times = [], [], np.zeros(replicas, np.int64)
    step = 1 if watch is None else SAMPLED
    for begin in range(0, cycles, step):
        engine.run(np.full(min(step, cycles - begin), limit))
        spins, t = engine.spins, engine.cycles
        hit = right(spins)
        times[hit & (times == 0)] = t
        shares.append(float(hit.mean()))
        if t % SAMPLED == 0 or t == cycles:
            keys.append((spins > 0).astype(np.uint64) @ place)
    if watch is not None:
        times = np.where(engine.done, engine.times, 0)
    states, counts = np.unique(np.concatenate(keys), return_counts=True)
    mode = np.where(states[counts.argmax()] & place, 1, -1)
    wrong = problem.wrong_gates(mode)
    return ClampedRun(clamps, not wrong, float(np.mean(shares)), times, cycles)
