"""MAX-CUT on graphs of the G-set: mean cut of many short runs, and the best cut in a minute.

    python -m examples.maxcut GRAPH... [--trials 100] [--cycles 1000] [--seconds 60]

A trial is one replica from its random start to its last cycle. "published" has the published
defaults of SSA; "ssa" is synchronous too, with sparse noise and a greedy descent at the end;
"serial" moves one spin after the other, which only software does, and descends at the end.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from stochastic.invertible import PLANS, MaxCut, read_problem, solve

from .exit_status import exit_with

NAMES = ("published", "ssa", "ssqa", "serial")


def mean_cuts(graph: MaxCut, trials: int, cycles: int, seed: int) -> dict[str, np.ndarray]:
    """Return the final cut of each trial, by plan."""
    replicas = -(-trials // 64) * 64
    hamiltonian = graph.hamiltonian
    return {
        name: graph.value(
            PLANS[name].anneal(hamiltonian, cycles, replicas=replicas, seed=seed).spins
        )[:trials]
        for name in NAMES
    }


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
        search = ["", ""]
        if options.seconds:
            found = solve(
                graph, seconds=options.seconds, threads=options.threads, seed=options.seed
            )
            search = [str(found.value), f"{found.reached_after:.1f} s"]
        table.add_row(path.stem, str(graph.best_known or "?"), *cells, *search)
    Console(width=120).print(table)


if __name__ == "__main__":
    exit_with(main)
