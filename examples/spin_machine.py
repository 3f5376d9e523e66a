"""MAX-CUT on the serial machine: its Verilog against its model, every spin and counter.

    python -m examples.spin_machine GRAPH [--sweeps 1000] [--replicas 20] [--plan ssa]
    python -m examples.spin_machine GRAPH --fault weight | --fault limit

The Verilog runs on Verilator. Every output in every clock is compared with the golden model,
and every counter after every sweep with the bit-sliced engine of the same seed. A fault is
planted in the Verilog alone: one weight is off by one, or the upper end of the counters is.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from sim.checks.machine_in_verilog import run_machine_in_verilog
from sim.progress import progress_bar
from stochastic.invertible import PLANS, Hamiltonian, MaxCut, SpinMachine, read_problem

from .exit_status import exit_with

FAULTS = ("weight", "limit")


def machine_of(graph: MaxCut, plan: str, sweeps: int, replicas: int, seed: int) -> SpinMachine:
    """Return the machine that anneals a graph by a plan."""
    own, hamiltonian = PLANS[plan], graph.hamiltonian
    return SpinMachine(
        hamiltonian=own.scaled(hamiltonian),
        schedule=own.schedule(hamiltonian, sweeps),
        noise=own.noise_of(hamiltonian),
        replicas=replicas,
        seed=seed,
    )


def faulty(machine: SpinMachine, fault: str) -> SpinMachine:
    """Return the machine with one weight larger by 1, or the upper end of its counters."""
    if fault == "limit":
        return machine.replace(symmetric=not machine.symmetric)
    (i, j, weight), *others = machine.hamiltonian.J
    wrong = Hamiltonian(h=machine.hamiltonian.h, J=((i, j, weight + 1), *others))
    return machine.replace(hamiltonian=wrong)


def main(arguments: list[str] | None = None) -> int:
    """Run the comparison and print its figures; return 1 if anything differs."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("graph", type=Path, help="a file in the form of the G-set")
    parser.add_argument("--sweeps", type=int, default=1000)
    parser.add_argument("--replicas", type=int, default=20)
    parser.add_argument("--plan", choices=tuple(PLANS), default="ssa")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fault", choices=FAULTS)
    options = parser.parse_args(arguments)
    if options.sweeps < 1:
        raise ValueError(f"--sweeps must be 1 or more, not {options.sweeps}")
    graph = read_problem(options.graph)
    if not isinstance(graph, MaxCut):
        raise ValueError(f"{options.graph} is no graph but a problem of the kind {graph.kind}")
    machine = machine_of(graph, options.plan, options.sweeps, options.replicas, options.seed)
    hardware = faulty(machine, options.fault) if options.fault else None
    with progress_bar() as bar:
        task = bar.add_task("starting", total=1.0)
        run = run_machine_in_verilog(
            machine,
            options.sweeps,
            hardware=hardware,
            progress=lambda stage, done: bar.update(task, description=stage, completed=done),
        )
    cut = int(graph.value(run.best_spins))
    known = f" of {graph.best_known}" if graph.best_known else ""
    print(f"{options.graph.stem}: {machine.size} spins, {machine.replicas} replicas")
    print(
        f"{run.sweeps:,} sweeps, {run.clocks:,} clocks ({machine.sweep_clocks:,} a sweep), "
        f"{run.seconds:.1f} s and {run.build_seconds:.1f} s to build the simulator"
    )
    print(f"{run.compared:,} bits compared with the model: {run.mismatches} mismatches")
    print(f"{run.states:,} counters compared with the engine: {run.wrong_states} differ")
    if run.first_mismatch:
        print(run.first_mismatch)
    print(f"best cut seen in the Verilog: {cut}{known}")
    return int(run.mismatches + run.wrong_states > 0)


if __name__ == "__main__":
    exit_with(main)
