"""Factoring by the simulated Verilog of a multiplier, compared with the model each cycle."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable

import numpy as np

from stochastic.invertible import (
    LogicProblem,
    Noise,
    Schedule,
    SpinNetwork,
    factor_widths,
    factorizer,
    noise_sources,
)

from ..simulation.verilated_circuit import VerilatedCircuit
from .first_difference import first_difference

__all__ = ["FactoredInVerilog", "factor_in_verilog", "factoring_network"]

# The limit and the noise that `stochastic.invertible.factor` has for the same multiplier.
LIMIT = 4
NOISE = Noise(weight=6, density=1, density_bits=1)

# Spins that share the bits of one 32-bit generator.
SHARING = 16

# Cycles of the first and of the longest batch.
FIRST_BATCH, LONGEST_BATCH = 256, 8192


@dataclasses.dataclass(frozen=True)
class FactoredInVerilog:
    """The answer of `factor_in_verilog`.

    Attributes
    ----------
    number : int
    factors : tuple of int
        In rising order; empty if none were found in time or the Verilog differed.
    cycles : int
        Clock cycles up to and with the one that shows the factors.
    updates : int
        Cycles times spins.
    seconds : float
        With the build of the simulator.
    bits_compared : int
        Bits of spins, counters and limit that were compared with the model.
    mismatch : str
        The first difference in words; empty if there is none.
    """

    number: int
    factors: tuple[int, ...]
    cycles: int
    updates: int
    seconds: float
    bits_compared: int
    mismatch: str


def factoring_network(
    number: int, a_bits: int, b_bits: int, *, seed: int = 1
) -> tuple[SpinNetwork, LogicProblem]:
    """Return the multiplier with its product clamped as one module of spin gates."""
    _, problem = factorizer(number, a_bits, b_bits)
    size = problem.hamiltonian.size
    if not size:
        raise ValueError(
            f"operands of {a_bits} and {b_bits} bits leave no spin free to factor {number}"
        )
    network = SpinNetwork(
        hamiltonian=problem.hamiltonian,
        schedule=Schedule.constant(LIMIT),
        noise=NOISE,
        sources=noise_sources(size, NOISE, seed=seed, sharing=SHARING),
        sharing=SHARING,
    )
    return network, problem


def factor_in_verilog(
    number: int,
    *,
    bits: tuple[int, int] | None = None,
    seed: int = 1,
    seconds: float = 60.0,
    hardware: SpinNetwork | None = None,
    progress: Callable[[str, float], None] | None = None,
) -> FactoredInVerilog:
    """Simulate the multiplier's Verilog until its operands are the factors.

    Parameters
    ----------
    number : int
        A composite number.
    bits : (int, int), optional
        Widths of the operands, by default the last pair of `factor_widths`, which holds the
        factors of any number.
    seed : int
        From which the generators are seeded.
    seconds : float
        After which no further batch of cycles begins; at least one runs.
    hardware : SpinNetwork, optional
        The network whose Verilog runs, by default the one of the model. Another one is a
        planted fault.
    progress : callable, optional
        Called with a stage and the part of the time that is over.

    Raises
    ------
    ValueError
        If the number is prime, below 4, or too wide.
    ToolError
        If Verilator or a compiler is missing.
    """
    begin = time.perf_counter()
    report = progress or (lambda stage, done: None)
    best: tuple[int, int, int] | None = None
    a_bits, b_bits = bits or factor_widths(number)[-1]
    network, problem = factoring_network(number, a_bits, b_bits, seed=seed)
    report("building the simulator", 0.0)
    circuit = VerilatedCircuit(network if hardware is None else hardware)
    widths = sum(port.width * port.count for port in network.outputs)
    state, cycles, batch, compared = None, 0, FIRST_BATCH, 0

    def answer(factors: tuple[int, ...] = (), mismatch: str = "") -> FactoredInVerilog:
        passed = time.perf_counter() - begin
        updates = cycles * network.size
        return FactoredInVerilog(number, factors, cycles, updates, passed, compared, mismatch)

    while True:
        shown = circuit.run({}, cycles=batch)
        expected, state = network.run(cycles=batch, lanes=1, state=state)
        mismatch = first_difference(network, expected, shown, cycles)
        if mismatch:
            return answer(mismatch=mismatch)
        compared += widths * batch
        a, b = (_values(problem, shown["spins"], name) for name in "ab")
        # The product may wrap in 64 bits; each hit is multiplied out again.
        for at in np.flatnonzero((a * b == number) & (a > 1) & (b > 1)).tolist():
            low, high = sorted((int(a[at]), int(b[at])))
            if low * high == number:
                cycles += at + 1
                return answer((low, high))
        cycles += batch
        passed = time.perf_counter() - begin
        if progress is not None:
            excess, at = _least_excess(problem, shown["spins"])
            here = (excess, int(a[at]), int(b[at]))
            best = here if best is None else min(best, here)
            excess, first, second = best
            stage = f"best {first} x {second}, energy {excess} above the least"
            report(f"{cycles:,} cycles, {stage}", min(1.0, passed / seconds))
        if passed >= seconds:
            return answer()
        batch = min(2 * batch, LONGEST_BATCH)


def _least_excess(problem: LogicProblem, bits) -> tuple[int, int]:
    """Return the least energy of states ``[cycles, n]`` above the ground, and its cycle."""
    states = 2 * bits.astype(np.int8) - 1
    # In pieces, since the terms of one state are many more than its spins.
    energies = np.concatenate(
        [problem.hamiltonian.energy(states[k : k + 512]) for k in range(0, len(states), 512)]
    )
    at = int(energies.argmin())
    return int(energies[at]) - problem.ground_energy, at


def _values(problem: LogicProblem, spins, name: str):
    """Return the number that a port shows in each cycle."""
    where = problem.ports[name]
    return problem.bits(2 * spins - 1, where) @ (np.int64(1) << np.arange(len(where)))
