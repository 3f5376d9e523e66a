"""MAX-CUT on graphs of the G-set: mean cut of many short runs, and the best cut in a minute.

    python -m examples.maxcut GRAPH... [--trials 100] [--cycles 1000] [--seconds 60]

A trial is one replica from its random start to its last cycle, whose cut counts. "published"
has the published defaults of SSA and "ssa" the same dynamics with parameters of its own; "ssqa"
has sparse noise, rings of eight replicas and a greedy descent; "metropolis" moves one spin
after the other, which only software does. The time of the search is processor time of all
threads.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from stochastic.invertible import (
    PLANS,
    MaxCut,
    MetropolisEngine,
    Progress,
    read_problem,
    solve,
)

from .exit_status import exit_with

NAMES = ("published", "ssa", "ssqa", "metropolis")


def mean_cuts(graph: MaxCut, trials: int, cycles: int, seed: int) -> dict[str, np.ndarray]:
    """Return the final cut of each trial, by plan."""
    replicas = -(-trials // 64) * 64
    hamiltonian = graph.hamiltonian
    engines = {
        name: PLANS[name].anneal(hamiltonian, cycles, replicas=replicas, seed=seed)
        for name in NAMES
        if name in PLANS
    }
    metropolis = MetropolisEngine(hamiltonian, replicas=replicas, seed=seed)
    metropolis.anneal(cycles)
    every = engines | {"metropolis": metropolis}
    return {name: graph.value(engine.spins)[:trials] for name, engine in every.items()}


def search(graph: MaxCut, seconds: float, threads: int, seed: int) -> tuple[int, float]:
    """Return the largest cut that `solve` finds, and the processor time until then."""
    begin, found = time.process_time(), [(0, 0.0)]

    def report(now: Progress) -> None:
        if now.value > found[-1][0]:
            found.append((now.value, time.process_time() - begin))

    solve(graph, seconds=seconds, threads=threads, seed=seed, progress=report)
    return found[-1]


def main(arguments: list[str] | None = None) -> None:
    """Print one line for each graph."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("graphs", nargs="+", type=Path, help="files in the form of the G-set")
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--cycles", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=60.0, help="of the search; 0 for none")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    title = f"Mean and largest cut of {options.trials} trials of {options.cycles} cycles"
    table = Table(title=title)
    for heading in ("graph", "best known", *NAMES, f"search of {options.seconds:g} s", "after"):
        table.add_column(heading, justify="right")
    for path in options.graphs:
        graph = read_problem(path)
        if not isinstance(graph, MaxCut):
            raise ValueError(f"{path} is no graph but a problem of the kind {graph.kind}")
        cuts = mean_cuts(graph, options.trials, options.cycles, options.seed)
        best = graph.best_known or max(int(values.max()) for values in cuts.values())
        cells = [
            f"{values.mean() / best:.4f} {values.max() / best:.4f}" for values in cuts.values()
        ]
        found = ["", ""]
        if options.seconds:
            value, spent = search(graph, options.seconds, options.threads, options.seed)
            found = [str(value), f"{spent:.1f} s"]
        table.add_row(path.stem, str(graph.best_known or "?"), *cells, *found)
    Console(width=120).print(table)


if __name__ == "__main__":
    exit_with(main)
