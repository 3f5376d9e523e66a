"""``goldstream study invertible``: gates and the 4 x 4 multiplier in all directions."""

from __future__ import annotations

import csv
import functools
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fixedpoint.circuit import check_integer
from fixedpoint.circuit.files import check_directory, writing

from ..progress import progress_bar

if TYPE_CHECKING:
    from .invertible_runs import ClampedRun

__all__ = ["invertible", "summary"]

CONFIDENCE = 0.95

# Most cycles of a gate; it is right after a few.
GATE_CYCLES = 200


def invertible(
    out: Annotated[Path, typer.Option(help="Folder of the tables and pictures.")],
    cycles: Annotated[
        int, typer.Option(help="How many cycles each clamping runs; a gate runs 200 at most.")
    ] = 2000,
    replicas: Annotated[
        int, typer.Option(help="How many replicas run side by side, a multiple of 64.")
    ] = 512,
    gates_only: Annotated[
        bool, typer.Option("--gates-only", help="Leave out the multiplier's 346 clampings.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Seed of the random bits.")] = 1,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON for machines instead of text.")
    ] = False,
) -> None:
    """Run every gate and the 4 x 4 multiplier forwards and backwards.

    Each gate runs with every set of clamped pins that leaves one free, at all values for which
    it has a row; the multiplier with all 256 pairs of operands and with all 90 products.
    Writes summary.csv, clampings.csv, truth_table.png, energy.png and states.png.

    Example: goldstream study invertible --out invertible --gates-only
    """
    from stochastic.invertible import GATES

    from .invertible_pictures import draw_energy, draw_states, draw_truth_table
    from .invertible_runs import gate_clampings, run_clamped, run_multiplier

    check_integer("--cycles", cycles, 10, 10**6)
    if check_integer("--replicas", replicas, 64, 2**16) % 64:
        raise ValueError(f"--replicas must be a multiple of 64, not {replicas}")
    check_integer("--seed", seed, 0, 2**63 - 1)
    check_directory(out)
    options = {"cycles": cycles, "replicas": replicas, "seed": seed}
    short = options | {"cycles": min(cycles, GATE_CYCLES)}
    tasks: list[tuple[str, str, Callable[[], ClampedRun]]] = [
        (name, way, functools.partial(run_clamped, kind, clamps, **short))
        for name, kind in GATES.items()
        for way, clamps in gate_clampings(kind)
    ]
    if not gates_only:
        pairs = [(a, b) for a in range(16) for b in range(16)]
        clamped = [("forwards", {"a": a, "b": b}) for a, b in pairs]
        clamped += [("backwards", {"p": p}) for p in sorted({a * b for a, b in pairs})]
        tasks += [
            ("4 x 4 multiplier", way, functools.partial(run_multiplier, clamps, **options))
            for way, clamps in clamped
        ]
    found: dict[tuple[str, str], list[ClampedRun]] = {}
    with progress_bar(as_json) as bar:
        task = bar.add_task("starting", total=len(tasks))
        for number, (name, way, work) in enumerate(tasks):
            bar.update(task, description=f"{name} {way}", completed=number)
            found.setdefault((name, way), []).append(work())
    rows = [
        {"circuit": name, "clamped": way, **summary(runs)}
        for (name, way), runs in found.items()
    ]
    _write(out / "summary.csv", rows)
    _write(
        out / "clampings.csv",
        (
            {
                "circuit": name,
                "clamped": way,
                "clamps": " ".join(f"{port}={value}" for port, value in run.clamps.items()),
                **summary([run]),
            }
            for (name, way), runs in found.items()
            for run in runs
        ),
    )
    draw_truth_table(out / "truth_table.png", "and", seed)
    draw_energy(out / "energy.png", 143, seed)
    draw_states(out / "states.png", 143, seed)
    if as_json:
        print(json.dumps(rows, indent=2))
    else:
        _print(rows, cycles, replicas)


def summary(runs: list[ClampedRun]) -> dict[str, Any]:
    """Return the figures of some runs, with 95 % intervals.

    The success rate, of replicas that were right in some cycle, has the exact interval of
    Clopper and Pearson. Cycles to a solution are all cycles up to the solutions, or to the end,
    divided by the solutions, with the exact interval of a Poisson count.
    """
    from scipy import stats

    hits, tries = sum(run.hits for run in runs), sum(len(run.times) for run in runs)
    spent = sum(run.spent for run in runs)
    exact = stats.binomtest(hits, tries).proportion_ci(CONFIDENCE, method="exact")
    tail = (1 - CONFIDENCE) / 2
    most = spent / (stats.chi2.ppf(tail, 2 * hits) / 2) if hits else None
    return {
        "clampings": len(runs),
        "most_frequent_right": sum(run.mode_right for run in runs),
        "success": hits / tries,
        "success_low": float(exact.low),
        "success_high": float(exact.high),
        "least_success": min(run.hits / len(run.times) for run in runs),
        "cycles_to_solution": spent / hits if hits else None,
        "cycles_low": float(spent / (stats.chi2.ppf(1 - tail, 2 * hits + 2) / 2)),
        "cycles_high": None if most is None else float(most),
        "share_right": sum(run.share for run in runs) / len(runs),
    }


def _write(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    listed = list(rows)
    with writing(path) as file:
        table = csv.DictWriter(file, list(listed[0]))
        table.writeheader()
        table.writerows(listed)


def _print(rows: list[dict[str, Any]], cycles: int, replicas: int) -> None:
    from rich.console import Console
    from rich.table import Table

    title = f"{replicas} replicas, {cycles} cycles (gates {GATE_CYCLES}), 95 % intervals"
    table = Table(title=title)
    for heading in ("circuit", "clamped"):
        table.add_column(heading)
    for heading in ("mode right", "success", "cycles to solution"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in rows:
        mean, high = row["cycles_to_solution"], row["cycles_high"]
        table.add_row(
            row["circuit"],
            row["clamped"],
            f"{row['most_frequent_right']} of {row['clampings']}",
            f"{row['success']:.4f} ({row['success_low']:.4f} to {row['success_high']:.4f})",
            "none" if mean is None else f"{mean:.2f} ({row['cycles_low']:.2f} to {high:.2f})",
        )
    Console(width=100).print(table)
