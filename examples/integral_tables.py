"""Table and picture of the study of networks on integral streams."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np

from examples.picture import new_figure, save_figure
from fixedpoint.circuit.files import writing

__all__ = ["add_rows", "draw", "read_rows", "summarize", "write_rows"]

# Misclassification in %: A. Ardakani et al., IEEE Transactions on VLSI Systems 25(10), 2017.
PUBLISHED = {(256, 4): 2.33, (512, 2): 2.46, (1024, 1): 2.40}
COLUMNS = (
    "variant", "length", "range", "trainings", "simulations", "error", "standard_error",
    "law_error", "published",
)  # fmt: skip


def read_rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a table, none if there is no file."""
    if not path.exists():
        return []
    return list(csv.DictReader(path.read_text().splitlines()))


def write_rows(path: Path, columns: tuple[str, ...], rows: list[dict[str, Any]]) -> None:
    """Write a table as a whole."""
    with writing(path) as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def add_rows(path: Path, columns: tuple[str, ...], values: list[list[Any]]) -> None:
    """Add rows to a table, which another run may have changed."""
    rows: list[dict[str, Any]] = list(read_rows(path))
    rows += [dict(zip(columns, row, strict=True)) for row in values]
    write_rows(path, columns, rows)


def summarize(variant: str, rows: list[dict[str, str]]) -> list[dict[str, Any]]:
    """Return a row for each setting, with the mean and its standard error."""
    settings: dict[tuple[int, int], list[dict[str, str]]] = {}
    for row in rows:
        settings.setdefault((int(row["length"]), int(row["range"])), []).append(row)
    result = []
    for (length, range_), parts in settings.items():
        errors = np.array([float(row["error"]) for row in parts])
        spread = errors.std(ddof=1) / len(errors) ** 0.5 if len(errors) > 1 else np.nan
        published = "" if variant == "large" else PUBLISHED.get((length, range_), "")
        result.append(
            {
                "variant": variant,
                "length": length,
                "range": range_,
                "trainings": len({row["seed"] for row in parts}),
                "simulations": len(errors),
                "error": f"{errors.mean():.2f}",
                "standard_error": f"{spread:.2f}",
                "law_error": f"{np.mean([float(row['law_error']) for row in parts]):.2f}",
                "published": published,
            }
        )
    return result


def draw(path: Path, summary: list[dict[str, Any]], lengths: list[dict[str, str]]) -> None:
    """Draw the error of trained networks, and that of the same networks at other lengths."""
    panels = 2 if lengths else 1
    size = 1 + 5 * panels, 4.2
    figure, axes = new_figure(1, panels, figsize=size, squeeze=False)
    axes = axes[0]
    settings = list(dict.fromkeys((row["length"], row["range"]) for row in summary))
    for variant in dict.fromkeys(row["variant"] for row in summary):
        parts = [row for row in summary if row["variant"] == variant]
        axes[0].errorbar(
            [settings.index((row["length"], row["range"])) for row in parts],
            [float(row["error"]) for row in parts],
            [float(row["standard_error"]) for row in parts],
            fmt="o", capsize=3, label=variant,
        )  # fmt: skip
    known = [place for place, setting in enumerate(settings) if setting in PUBLISHED]
    values = [PUBLISHED[settings[place]] for place in known]
    axes[0].plot(known, values, "k_", markersize=16, label="published")
    axes[0].set_xticks(range(len(settings)), [f"{n}, {m}" for n, m in settings])
    axes[0].set(xlabel="N, m", ylabel="misclassification (%)", ylim=(0, None))
    axes[0].legend(fontsize=8, loc="lower right")
    curves: dict[str, dict[int, list[float]]] = {}
    for row in lengths:
        name = f"trained for {row['trained_length']}, m = {row['range']}"
        curve = curves.setdefault(name, {})
        curve.setdefault(int(row["length"]), []).append(float(row["error"]))
    for name, curve in curves.items():
        means = [np.mean(curve[n]) for n in sorted(curve)]
        axes[1].plot(sorted(curve), means, marker="o", markersize=3, label=name)
    if curves:
        axes[1].set(xlabel="N", xscale="log", yscale="log", title="run with other lengths")
        axes[1].legend(fontsize=8, loc="upper right")
    for part in axes:
        part.grid(alpha=0.3, which="both")
    save_figure(figure, path)
