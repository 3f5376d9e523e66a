"""Table and picture of the study of deep networks on streams."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from examples.picture import new_figure, save_figure

__all__ = ["draw", "length_within", "show_lengths"]

TITLES = {"vgg16": "VGG16", "resnet18": "ResNet18", "mobilenetv2": "MobileNetV2"}

STYLES = {"sobol": "o-", "lfsr": "s:", "lfsr, 8 sets": "^--"}


def length_within(accuracies: dict[int, float], wanted: float) -> int | None:
    """Return the shortest length from which on no accuracy is below `wanted`.

    Examples
    --------
    >>> length_within({16: 50.0, 32: 80.0, 64: 79.0, 128: 81.0}, 79.5)
    128
    """
    found = None
    for length in sorted(accuracies, reverse=True):
        if accuracies[length] < wanted:
            break
        found = length
    return found


def by_line(
    results: dict[Any, float], dataset: str, network: str, training: str
) -> dict[Any, dict]:
    """Return accuracy by length, for each multiplier and generator."""
    lines: dict[Any, dict[int, float]] = {}
    for trial, accuracy in results.items():
        subject = trial.dataset, trial.network, trial.training
        if subject == (dataset, network, training) and trial.length:
            line = lines.setdefault((trial.multiplier, trial.generator), {})
            line[trial.length] = accuracy
    return lines


def float_accuracy(results: dict[Any, float], dataset: str, network: str) -> float:
    """Return the accuracy of the float network."""
    return next(
        (
            accuracy
            for trial, accuracy in results.items()
            if (trial.dataset, trial.network) == (dataset, network) and not trial.length
        ),
        float("nan"),
    )


def subjects(results: dict[Any, float]) -> list[tuple[str, str]]:
    """Return data sets and networks in order."""
    return list(dict.fromkeys((t.dataset, t.network) for t in results))


def show_lengths(results: dict[Any, float]) -> None:
    """Print the length at which each network is within 1 point of float."""
    every = subjects(results)
    for training, title in (("float", "as converted"), ("corrected", "with bias correction")):
        lines = {subject: by_line(results, *subject, training) for subject in every}
        table = Table(title=f"Shortest length within 1 point of float, {title}")
        table.add_column("multiplier, generator")
        for dataset, network in every:
            accuracy = float_accuracy(results, dataset, network)
            table.add_column(f"{TITLES[network]}\n{dataset}\n{accuracy:.1f} %", justify="right")
        for name in dict.fromkeys(name for line in lines.values() for name in line):
            cells = []
            for subject, line in lines.items():
                wanted = float_accuracy(results, *subject) - 1
                length = length_within(line.get(name, {}), wanted)
                cells.append("-" if length is None else str(length))
            table.add_row(", ".join(name), *cells)
        Console(width=130).print(table)
    for trial, accuracy in results.items():
        if trial.training == "streams":
            before = by_line(results, trial.dataset, trial.network, "float")
            was = before.get((trial.multiplier, trial.generator), {}).get(trial.length)
            print(
                f"{trial.dataset}, {trial.network}, {trial.multiplier}, {trial.generator}, "
                f"N = {trial.length}: {was} %, after training with streams {accuracy:.1f} %"
            )


def draw(path: Path, results: dict[Any, float], training: str) -> None:
    """Draw accuracy against length, one panel for each network and data set.

    Stars stand for the networks trained further, where the lines are as converted.
    """
    every = subjects(results)
    datasets = list(dict.fromkeys(d for d, _ in every))
    networks = list(dict.fromkeys(n for _, n in every))
    figure, grid = new_figure(
        len(datasets), len(networks),
        figsize=(4 * len(networks), 3.3 * len(datasets)), squeeze=False,
    )  # fmt: skip
    for row, dataset in enumerate(datasets):
        for column, network in enumerate(networks):
            axes = grid[row][column]
            lines = by_line(results, dataset, network, training)
            names = list(dict.fromkeys(m for m, _ in lines))
            for (multiplier, generator), line in lines.items():
                lengths = sorted(line)
                axes.plot(
                    lengths,
                    [line[length] for length in lengths],
                    STYLES[generator],
                    color=f"C{names.index(multiplier)}",
                    markersize=3,
                    label=f"{multiplier}, {generator}",
                )
            axes.axhline(float_accuracy(results, dataset, network), color="black", lw=0.8)
            for trial, accuracy in results.items():
                subject = trial.dataset, trial.network, trial.training
                if training == "float" and subject == (dataset, network, "streams"):
                    color = f"C{names.index(trial.multiplier)}"
                    axes.plot(trial.length, accuracy, "*", color=color, markersize=11)
            axes.set(xscale="log", xlabel="length", title=f"{TITLES[network]}, {dataset}")
            axes.set_xscale("log", base=2)
            axes.grid(alpha=0.3)
        grid[row][0].set_ylabel("accuracy (%)")
    handles, labels = grid[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, fontsize=8, loc="outside lower center", ncols=4)
    save_figure(figure, path)
