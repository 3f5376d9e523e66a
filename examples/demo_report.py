"""Tables, picture and files of the demonstration."""

from __future__ import annotations

import csv
import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from examples.picture import new_figure, save_figure
from fixedpoint.circuit.files import writing
from sim.checks.update_replay import Replayed
from stochastic.training import CircuitOptimizer, Epoch

__all__ = ["draw", "layers", "show", "write_epochs", "write_summary"]

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
    path: Path,
    seed: int,
    curves: Curves,
    optimizer: CircuitOptimizer,
    results: list[Replayed],
    fault: str,
    faulty: list[Replayed],
) -> None:
    """Write accuracies, circuit, gradient scales and both replays as JSON."""
    summary = {
        "seed": seed,
        "test_accuracy": {name: epochs[-1].test_accuracy for name, epochs in curves.items()},
        "circuit": optimizer.circuit.to_dict(),
        "scales": [dataclasses.asdict(scale) for scale in optimizer.scale_history],
        "parameters_replayed": sum(r.parameters for r in results),
        "bits_compared": sum(r.bits_compared for r in results),
        "mismatches": sum(r.mismatches for r in results),
        "replayed": [r.to_dict() for r in results],
        "fault": fault,
        "replayed_with_fault": [r.to_dict() for r in faulty],
    }
    with writing(path) as file:
        file.write(json.dumps(summary, indent=2) + "\n")


def layers(results: Sequence[Replayed]) -> dict[str, list[Replayed]]:
    """Return the results by layer: a convolution with its normalization, or a linear layer."""
    found: dict[str, list[Replayed]] = {}
    sizes = {r.name: r.parameters for r in results}
    convolutions = 0
    label = ""
    for name in dict.fromkeys(r.name for r in results):
        module = name.rpartition(".")[0]
        if f"{module}.bias" not in sizes:
            convolutions += 1
            label = f"conv {convolutions}"
        elif sizes[f"{module}.weight"] > sizes[f"{module}.bias"]:
            label = "linear"
        found.setdefault(label, []).extend(r for r in results if r.name == name)
    return found


def draw(
    path: Path, curves: Curves, results: list[Replayed], fault: str, faulty: list[Replayed]
) -> None:
    """Draw test accuracy by epoch, and what the replay of each layer compared.

    Parameters
    ----------
    path : pathlib.Path
    curves : Curves
    results : list of Replayed
        Of the emitted Verilog.
    fault : str
        A fault that was planted in it.
    faulty : list of Replayed
        Of the Verilog with the fault.
    """
    # As wide as a telephone, so that the text is readable there.
    figure, (above, below) = new_figure(2, 1, figsize=(5, 9.4), height_ratios=(2, 6))
    for name, epochs in curves.items():
        above.plot(
            [e.number for e in epochs],
            [100 * e.test_accuracy for e in epochs],
            marker="o",
            markersize=4,
            label=name,
        )
    above.set(xlabel="epoch", ylabel="test accuracy (%)")
    above.set_title("VGG16 at 1/8 width", fontweight="bold")
    above.grid(alpha=0.3)
    above.legend(loc="lower right")
    right, wrong = layers(results), layers(faulty)
    rows = range(len(right))
    compared = [sum(r.bits_compared for r in group) for group in right.values()]
    equal = f"bits compared: {sum(r.mismatches for r in results):,} differ"
    below.barh([row - 0.21 for row in rows], compared, 0.4, color="tab:green", label=equal)
    differing = [sum(r.mismatches for r in wrong[name]) for name in right]
    planted = f"bits that differ with a fault planted:\n{fault}"
    below.barh([row + 0.21 for row in rows], differing, 0.4, color="tab:red", label=planted)
    for row, group, caught in zip(rows, right.values(), differing, strict=True):
        count = sum(r.mismatches for r in group)
        text = f"{sum(r.parameters for r in group):,} parameters: {count:,} differ"
        style = {"va": "center", "fontsize": 8, "fontweight": "bold"}
        below.text(1.3, row - 0.21, text, color="white", **style)
        below.text(1.2 * max(caught, 1), row + 0.21, f"{caught:,} differ", **style)
    total = sum(r.mismatches for r in results)
    below.set_xscale("log")
    below.set_xlim(1, 3 * max(compared))
    below.set_yticks(rows, list(right))
    below.invert_yaxis()
    below.set(xlabel="bits of weights and momenta after the updates")
    below.set_title(
        f"Replay in Verilog: {total:,} of {sum(compared):,} bits differ", fontweight="bold"
    )
    below.legend(loc="upper center", bbox_to_anchor=(0.45, -0.08), frameon=False)
    save_figure(figure, path)


def show(
    console: Console,
    curves: Curves,
    results: list[Replayed],
    fault: str,
    faulty: list[Replayed],
) -> None:
    """Print the accuracies, the replays, and the first difference of each tensor."""
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
    caught = sum(r.mismatches for r in faulty)
    console.print(f"With a fault planted in the Verilog ({fault}), {caught:,} bits differ.")
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
