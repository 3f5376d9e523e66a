"""The serial machine's Verilog, compared with its model and with the bit-sliced engine."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable

import numpy as np

from stochastic.invertible import SpinEngine, SpinMachine

from ..simulation.verilated_circuit import VerilatedCircuit
from .first_difference import first_difference

__all__ = ["MachineRun", "run_machine_in_verilog"]

# Clocks of one batch, at least a sweep.
BATCH = 1 << 16


@dataclasses.dataclass(frozen=True)
class MachineRun:
    """The result of `run_machine_in_verilog`.

    Attributes
    ----------
    sweeps, clocks : int
        That were simulated.
    compared : int
        Bits of all outputs in all clocks that were compared with the golden model.
    mismatches : int
        Of single values of ports.
    first_mismatch : str
        In words; empty if there is none.
    states : int
        Counters that were compared with the bit-sliced engine.
    wrong_states : int
        Of them, those that differed.
    least_energy : int
        Of any replica after any sweep of the Verilog.
    best_spins : int array ``[n]``
        The state of that energy, -1 and +1.
    build_seconds, seconds : float
        To compile the Verilog, and of the run with its comparisons.
    """

    sweeps: int
    clocks: int
    compared: int
    mismatches: int
    first_mismatch: str
    states: int
    wrong_states: int
    least_energy: int
    best_spins: np.ndarray
    build_seconds: float
    seconds: float


def run_machine_in_verilog(
    machine: SpinMachine,
    sweeps: int,
    *,
    hardware: SpinMachine | None = None,
    progress: Callable[[str, float], None] = lambda stage, done: None,
) -> MachineRun:
    """Simulate whole sweeps of a machine's Verilog on Verilator, and compare every clock.

    Parameters
    ----------
    machine : SpinMachine
        Whose model says what is expected.
    sweeps : int
    hardware : SpinMachine, optional
        Whose Verilog runs, by default the same. Another one is a planted fault.
    progress : callable
        Called with a stage and the part that is done.

    Raises
    ------
    ToolError
        If Verilator or a compiler is missing.
    """
    begin = time.perf_counter()
    progress("building the simulator", 0.0)
    circuit = VerilatedCircuit(machine if hardware is None else hardware)
    built = time.perf_counter()
    engine = SpinEngine(
        machine.hamiltonian,
        noise=machine.noise,
        limit=machine.schedule.maximum,
        seed=machine.seed,
        symmetric=machine.symmetric,
        initial="zero",
    )
    n, R, clocks = machine.size, machine.replicas, machine.sweep_clocks
    widths = sum(port.width * port.count for port in machine.outputs)
    each = max(1, BATCH // clocks)
    state, done, mismatches, wrong, first = None, 0, 0, 0, ""
    least, best = 2**62, np.ones(n, np.int64)
    while done < sweeps:
        count = min(each, sweeps - done)
        shown = circuit.run({}, cycles=count * clocks)
        expected, state = machine.run(cycles=count * clocks, lanes=1, state=state)
        differing = sum(int((expected[k] != shown[k]).sum()) for k in expected)
        if differing and not first:
            first = first_difference(machine, expected, shown, done * clocks)
        mismatches += differing
        counters = np.zeros((count, n, R), np.int64)
        moved = np.flatnonzero(shown["valid"][:, 0])
        # A faulty machine may show spins that do not exist.
        index = shown["index"][moved, 0] % n
        counters[moved // clocks, index] = shown["counters"][moved]
        for sweep in range(count):
            engine.run(machine.schedule, 1)
            wrong += int((engine.counters[:R] != counters[sweep].T).sum())
            spins = np.where(counters[sweep].T >= 0, 1, -1)
            energies = machine.hamiltonian.energy(spins)
            if int(energies.min()) < least:
                least, best = int(energies.min()), spins[energies.argmin()]
        done += count
        progress(f"{done} sweeps, {mismatches} mismatches", done / sweeps)
    return MachineRun(
        sweeps=sweeps,
        clocks=sweeps * clocks,
        compared=widths * sweeps * clocks,
        mismatches=mismatches,
        first_mismatch=first,
        states=sweeps * n * R,
        wrong_states=wrong,
        least_energy=least,
        best_spins=best,
        build_seconds=built - begin,
        seconds=time.perf_counter() - built,
    )
