"""Tables, picture and files of the demonstration."""

from __future__ import annotations

import csv
import dataclasses
import json
from pathlib import Path

from rich.console import Console
from rich.table import Table

from examples.picture import new_figure, save_figure
from fixedpoint.circuit.files import writing
from sim.checks.update_replay import Replayed
from stochastic.training import CircuitOptimizer, Epoch

__all__ = ["draw", "show", "write_epochs", "write_summary"]

# The epochs of each optimizer by its name.
Curves = dict[str, list[Epoch]]


def write_epochs(path: Path, curves: Curves) -> None:
    """Write every epoch of both optimizers as CSV."""
    with writing(path) as file:
        rows = csv.writer(file)
        rows.writerow(["optimizer", *(f.name for f in dataclasses.fields(Epoch))])
        for name, epochs in curves.items():
            rows.writerows([name, *dataclasses.astuple(epoch)] for epoch in epochs)


def write_summary(
    path: Path, seed: int, curves: Curves, optimizer: CircuitOptimizer, results: list[Replayed]
) -> None:
    """Write accuracies, circuit, gradient scales and replay as JSON."""
    summary = {
        "seed": seed,
        "test_accuracy": {name: epochs[-1].test_accuracy for name, epochs in curves.items()},
        "circuit": optimizer.circuit.to_dict(),
        "scales": [dataclasses.asdict(scale) for scale in optimizer.scale_history],
        "parameters_replayed": sum(r.parameters for r in results),
        "bits_compared": sum(r.bits_compared for r in results),
        "mismatches": sum(r.mismatches for r in results),
        "replayed": [r.to_dict() for r in results],
    }
    with writing(path) as file:
        file.write(json.dumps(summary, indent=2) + "\n")


def draw(path: Path, curves: Curves, results: list[Replayed]) -> None:
    """Draw test accuracy by epoch, and the bits compared at each replayed step."""
    figure, (left, right) = new_figure(1, 2, figsize=(9, 3.6))
    for name, epochs in curves.items():
        left.plot(
            [e.number for e in epochs],
            [100 * e.test_accuracy for e in epochs],
            marker="o",
            markersize=3,
            label=name,
        )
    left.set(xlabel="epoch", ylabel="test accuracy (%)", title="VGG16 at 1/8 width")
    left.grid(alpha=0.3)
    left.legend(loc="lower right")
    steps = sorted({r.step for r in results})
    equal = [sum(r.bits_compared - r.mismatches for r in results if r.step == s) for s in steps]
    wrong = [sum(r.mismatches for r in results if r.step == s) for s in steps]
    millions = [n / 1e6 for n in equal]
    positions = range(len(steps))
    right.bar(positions, millions, label="equal")
    right.bar(positions, [n / 1e6 for n in wrong], bottom=millions, label="mismatches")
    right.set_xticks(positions, [str(s) for s in steps])
    total = sum(equal) + sum(wrong)
    right.set(
        xlabel="training step",
        ylabel="million bits of weight and momentum",
        title=f"Replay in Verilog: {sum(wrong):,} of {total:,} bits differ",
    )
    # Room for the legend above the bars.
    right.set_ylim(0, 1.25e-6 * max(r + w for r, w in zip(equal, wrong, strict=True)))
    right.legend(loc="upper center", ncols=2)
    save_figure(figure, path)


def show(console: Console, curves: Curves, results: list[Replayed]) -> None:
    """Print the accuracies, the replay, and the first difference of each tensor."""
    table = Table(title="Training from the same initial weights, same order of images")
    for heading in ("optimizer", "epochs", "test accuracy", "seconds"):
        table.add_column(heading, justify="left" if heading == "optimizer" else "right")
    for name, epochs in curves.items():
        last = epochs[-1]
        table.add_row(
            name,
            str(last.number),
            f"{100 * last.test_accuracy:.2f} %",
            f"{sum(e.seconds for e in epochs):.0f}",
        )
    console.print(table)
    table = Table(title="Replay of recorded updates in Verilog")
    for heading in ("step", "tensors", "parameters updated", "bits compared", "mismatches"):
        table.add_column(heading, justify="right")
    for step in sorted({r.step for r in results}):
        table.add_row(*_totals(str(step), [r for r in results if r.step == step]))
    table.add_section()
    table.add_row(*_totals("all", results))
    console.print(table)
    for result in results:
        if result.first is not None:
            console.print(result.first)


def _totals(label: str, results: list[Replayed]) -> list[str]:
    return [
        label,
        str(len(results)),
        f"{sum(r.parameters for r in results):,}",
        f"{sum(r.bits_compared for r in results):,}",
        f"{sum(r.mismatches for r in results):,}",
    ]
