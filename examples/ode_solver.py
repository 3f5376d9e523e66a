"""Solution of a differential equation by two stochastic integrators.

    python -m examples.ode_solver --out runs/ode_solver --verify

solves y1' = y2 - 0.5, y2' = 0.5 - y1 with y1(0) = 0, y2(0) = 0.5 over two periods. This is
equation (8) of S. Liu, W. J. Gross and J. Han, "Introduction to Dynamic Stochastic Computing"
(2020). Their table II states a root mean square error of 4.7e-3 for 8-bit counters, Sobol words
and 3217 steps, but not which Sobol words. The error depends on them: the example solves the
system from every start phase of several pairs of Sobol dimensions, and prints the distribution
of the errors. The default, dimensions 0 and 1 at phase 76, is the best phase of its pair.
"""

from __future__ import annotations

import argparse
import csv
import math
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from fixedpoint.circuit.files import check_directory, writing
from sim.progress import progress_bar
from stochastic import OdeSolver, Pcg, Sobol

from .exit_status import exit_with
from .picture import new_figure, save_figure

# An error that the study calls good.
GOAL = 6e-3
# Pairs of Sobol dimensions: of both integrators, and of the constant 0.5.
PAIRS = ((0, 1), (0, 2), (1, 0), (1, 2), (2, 1), (3, 1))


def oscillator(generator, centre_generator) -> OdeSolver:
    """Return the circuit of equation (8), with counters of the width of the generators."""
    half = 1 << (generator.width - 1)
    return OdeSolver(
        width=generator.width,
        generator=generator,
        centre_generator=centre_generator,
        centre=half,
        first=0,
        second=half,
    )


def sobol_oscillator(width: int, dimensions: tuple[int, int], phase: int) -> OdeSolver:
    """Return the circuit with Sobol words: one dimension for both integrators, one for 0.5."""
    generator, centre_generator = (
        Sobol(width=width, dimension=dimension, phase=phase) for dimension in dimensions
    )
    return oscillator(generator, centre_generator)


def solve(circuit: OdeSolver, cycles: int) -> np.ndarray:
    """Return y1 and y2 in rows, with one column per step."""
    outputs, _ = circuit.run(cycles=cycles)
    return np.stack([outputs["y1"][:, 0], outputs["y2"][:, 0]]) * 2.0**-circuit.width


def euler(circuit: OdeSolver, cycles: int) -> np.ndarray:
    """Return the solution of the same system by Euler's method in float64."""
    step = 2.0**-circuit.width
    centre, *start = (code * step for code in (circuit.centre, circuit.first, circuit.second))
    values = np.empty((2, cycles))
    values[:, 0] = start
    for i in range(1, cycles):
        y1, y2 = values[:, i - 1]
        values[:, i] = y1 + step * (y2 - centre), y2 + step * (centre - y1)
    return values


def rmse(values: np.ndarray, exact: np.ndarray) -> tuple[float, float]:
    """Return the root mean square errors of y1 and y2."""
    y1, y2 = np.sqrt(np.mean((values - exact) ** 2, axis=1))
    return float(y1), float(y2)


def search(width: int, cycles: int, pairs, exact: np.ndarray) -> list[dict]:
    """Return, for each pair, the distribution over all phases of the larger of both errors."""
    rows = []
    with progress_bar() as bar:
        for pair in bar.track(pairs, description="trying all phases"):
            errors = np.array(
                [
                    max(rmse(solve(sobol_oscillator(width, pair, phase), cycles), exact))
                    for phase in range(1 << width)
                ]
            )
            rows.append(
                {
                    "dimensions": f"{pair[0]} and {pair[1]}",
                    "best phase": int(errors.argmin()),
                    "least": float(errors.min()),
                    "median": float(np.median(errors)),
                    "largest": float(errors.max()),
                    f"phases within {GOAL:g}": float(np.mean(errors <= GOAL)),
                }
            )
    return rows


def show(console: Console, title: str, rows: list[dict]) -> None:
    """Print rows as a table."""
    table = Table(title=title)
    for name in rows[0]:
        table.add_column(name, justify="left" if name == next(iter(rows[0])) else "right")
    for row in rows:
        table.add_row(*(f"{v:.3g}" if isinstance(v, float) else str(v) for v in row.values()))
    console.print(table)


def write(path: Path, rows: list[dict]) -> None:
    """Write rows as CSV."""
    with writing(path) as file:
        table = csv.DictWriter(file, rows[0])
        table.writeheader()
        table.writerows(rows)


def draw(path: Path, time: np.ndarray, exact: np.ndarray, values: np.ndarray) -> None:
    """Draw the solution and the exact solution, and below them the error."""
    figure, (above, below) = new_figure(2, figsize=(6.4, 5), sharex=True)
    for i, name in enumerate(("y1", "y2")):
        above.plot(time, values[i], color=f"C{i}", label=name)
        above.plot(time, exact[i], "k--", linewidth=0.7)
        below.plot(time, values[i] - exact[i], color=f"C{i}", linewidth=0.8)
    above.set(title="Two stochastic integrators; dashed: exact", ylabel="value")
    above.legend(loc="upper right")
    below.set(xlabel="t", ylabel="error")
    below.grid(alpha=0.3)
    save_figure(figure, path)


def main() -> int:
    """Solve the equation, search the phases, and cross-check with ``--verify``."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--out", type=Path, default=Path("runs/ode_solver"), help="output directory"
    )
    parser.add_argument("--width", type=int, default=8, help="bits of the counters")
    parser.add_argument("--phase", type=int, default=76, help="start phase of the Sobol words")
    parser.add_argument("--seed", type=int, default=1, help="seed of the random words")
    parser.add_argument(
        "--pairs",
        type=int,
        default=len(PAIRS),
        help="number of pairs of Sobol dimensions to search, or 0",
    )
    parser.add_argument(
        "--verify", action="store_true", help="cross-check the circuit's Verilog"
    )
    parser.add_argument("--sim", default="verilator", help="verilator or icarus")
    options = parser.parse_args()
    check_directory(options.out)
    width = options.width
    chosen = sobol_oscillator(width, PAIRS[0], options.phase)
    random = oscillator(
        Pcg(width=width, seed=options.seed), Pcg(width=width, seed=options.seed + 1)
    )
    cycles = round(4 * math.pi * 2**width)
    exact = np.stack(chosen.solution(cycles))
    values = solve(chosen, cycles)
    console = Console()
    rows = []
    for name, solution in (
        (f"Sobol 0 and 1, phase {options.phase}", values),
        ("Sobol 0 and 1, phase 0", solve(sobol_oscillator(width, PAIRS[0], 0), cycles)),
        (f"random (PCG), seed {options.seed}", solve(random, cycles)),
        ("Euler in floats", euler(chosen, cycles)),
    ):
        y1, y2 = rmse(solution, exact)
        rows.append({"words": name, "RMSE of y1": y1, "RMSE of y2": y2})
    show(console, f"{width}-bit counters, {cycles} steps", rows)
    write(options.out / "errors.csv", rows)
    if options.pairs:
        phases = search(width, cycles, PAIRS[: options.pairs], exact)
        show(console, "Larger RMSE of y1 and y2, over all phases", phases)
        write(options.out / "phases.csv", phases)
    time = np.arange(cycles) * 2.0**-width
    with writing(options.out / "solution.csv") as file:
        table = csv.writer(file)
        table.writerow(["t", "y1", "y2", "exact y1", "exact y2"])
        table.writerows(np.column_stack([time, values.T, exact.T]).tolist())
    draw(options.out / "solution.png", time, exact, values)
    print(f"Written to {options.out}: errors.csv, solution.csv, solution.png")
    if options.verify:
        from sim import verify

        # The check of the catalogue plants faults; this check only compares.
        result = verify(chosen, cycles=cycles, lanes=1, simulator=options.sim, plant=0)
        print(
            f"{options.sim}: {result.bits_compared} bits of {result.cycles} cycles compared, "
            f"{result.mismatches} mismatches"
        )
        return 0 if result.passed else 1
    return 0


if __name__ == "__main__":
    exit_with(main)
