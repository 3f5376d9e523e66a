"""``goldstream solve``: annealing of MAX-CUT, CNF, QUBO and Ising files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from ..progress import progress_bar

__all__ = ["solve_file"]

KEYS = (
    "kind",
    "variables",
    "value",
    "best_known",
    "assignment",
    "updates",
    "seconds",
    "seed",
)

# What the value of each kind is.
VALUES = {
    "maxcut": "cut",
    "cnf": "satisfied clauses",
    "qubo": "energy",
    "ising": "energy",
}

# Answers of more variables are printed with --json alone.
PRINTED = 100


def solve_file(
    file: Annotated[
        Path, typer.Argument(help="A problem: a MAX-CUT, DIMACS CNF, QUBO or Ising file.")
    ],
    solver: Annotated[
        str,
        typer.Option(
            help="How spins move: metropolis, serial, ssa, ssqa, published, tempering or gibbs."
        ),
    ] = "metropolis",
    seconds: Annotated[float, typer.Option(help="How many seconds to search at most.")] = 10.0,
    rounds: Annotated[
        int | None,
        typer.Option(
            help="How many rounds to search at most, for an answer that the same seed and "
            "threads repeat."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the random bits of the search.")] = 1,
    threads: Annotated[
        int, typer.Option(help="How many threads search side by side, each its own replicas.")
    ] = 1,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON for machines instead of text.")
    ] = False,
) -> None:
    """Search for the best answer of a problem file by annealing.

    The search ends early when the best known value is reached, or all clauses are satisfied.
    The answer's value is computed from the problem itself. The exit status is 1 if a clause of
    a CNF file is not satisfied.

    Example: goldstream solve G1.txt --seconds 30 --seed 2
    """
    import numpy as np

    from fixedpoint.circuit import check_integer
    from stochastic.invertible import Progress, read_problem, solve

    check_integer("--seed", seed, 0, 2**63 - 1)
    check_integer("--threads", threads, 1, 1024)
    if not file.exists():
        raise ValueError(f"there is no file {file}")
    if file.is_dir():
        raise ValueError(f"{file} is a directory, not a file")
    problem = read_problem(file)
    what = VALUES[problem.kind]
    with progress_bar(as_json) as bar:
        task = bar.add_task("first round", total=1.0)

        def report(now: Progress) -> None:
            stage = f"best {what} {now.value:,} after {now.rounds} rounds"
            bar.update(task, description=stage, completed=min(1.0, now.seconds / seconds))

        found = solve(
            problem,
            solver=solver,
            seconds=seconds,
            rounds=rounds,
            seed=seed,
            threads=threads,
            progress=report,
        )
    states = 2 * np.array(found.assignment, np.int64) - 1
    if int(problem.value(states)) != found.value:
        raise AssertionError(f"the {what} of the answer is not {found.value}")
    if as_json:
        values = found.to_dict()
        print(json.dumps({key: values[key] for key in KEYS}))
    else:
        print(f"{what}: {found.value}{_compared(found.best_known, problem.perfect)}")
        if found.variables <= PRINTED:
            print("assignment: " + "".join(map(str, found.assignment)))
        print(
            f"{found.variables} variables, {found.updates:,} spin updates, {found.rounds} "
            f"rounds, {found.seconds:.2f} s (this value after {found.reached_after:.2f} s), "
            f"solver {found.solver}, seed {found.seed}"
        )
    if problem.kind == "cnf" and found.value != problem.perfect:
        raise typer.Exit(1)


def _compared(best_known: int | None, perfect: int | None) -> str:
    if perfect is not None:
        return f" of {perfect}"
    return "" if best_known is None else f", best known {best_known}"
