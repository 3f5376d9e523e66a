"""Pictures of the results of a study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fixedpoint.circuit.files import writing

from .any_study import Rows

__all__ = ["draw_errors", "label_of", "series_of"]

# Lines that one picture has at most.
MOST_LINES = 12
AXES = ("output", "generators", "width", "encoding", "fault_rate")
SHOWN = {"width": "{} bits", "fault_rate": "faults {}"}


def series_of(rows: Rows, axes: Sequence[str] = AXES) -> dict[tuple[Any, ...], Rows]:
    """Return the rows of each line of the picture: they differ in length and seed alone."""
    found: dict[tuple[Any, ...], Rows] = {}
    for row in rows:
        found.setdefault(tuple(row[axis] for axis in axes), []).append(row)
    return found


def label_of(
    key: tuple[Any, ...],
    keys: Any,
    axes: Sequence[str] = AXES,
    shown: Mapping[str, str] = SHOWN,
) -> str:
    """Return what a line differs in from the others; `shown` has the words for some axes."""
    texts = [
        shown.get(axis, "{}").format(key[place])
        for place, axis in enumerate(axes)
        if len({other[place] for other in keys}) > 1
    ]
    return ", ".join(texts) or str(key[1] or key[0])


def draw_errors(path: Path, rows: Rows, title: str) -> None:
    """Draw the RMS error against the length, and what theory says.

    Error bars are standard errors: over the seeds if there are several, else over the values.

    Parameters
    ----------
    path : pathlib.Path
        PNG file.
    rows : list of dict
    title : str
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 4.4), layout="constrained")
    every = series_of(rows)
    lines = list(every.items())[:MOST_LINES]
    for number, (key, own) in enumerate(lines):
        lengths = sorted({row["length"] for row in own})
        means, bars, random, bounds = [], [], [], []
        for length in lengths:
            at = [row for row in own if row["length"] == length]
            figures = np.array([row["rmse"] for row in at])
            means.append(figures.mean())
            spread = figures.std(ddof=1) / np.sqrt(len(at)) if len(at) > 1 else 0
            bars.append(spread or at[0]["rmse_error"])
            random.append(at[0]["binomial_rmse"])
            bounds.append(at[0]["discrepancy_bound"])
        colour = f"C{number % 10}"
        style = "o-" if number < 10 else "s--"
        axes.errorbar(
            lengths,
            means,
            bars,
            fmt=style,
            capsize=3,
            markersize=4,
            color=colour,
            label=label_of(key, every),
        )
        if None not in bounds:
            axes.plot(lengths, bounds, ":", color=colour, linewidth=1)
        if number == 0 and None not in random:
            axes.plot(lengths, random, "--", color="black", linewidth=1)
    axes.set_xscale("log", base=2)
    if any(row["rmse"] for row in rows):
        axes.set_yscale("log")
    handles, labels = axes.get_legend_handles_labels()
    from matplotlib.lines import Line2D

    if any(row["binomial_rmse"] is not None for row in rows):
        handles.append(Line2D([], [], color="black", linestyle="--", linewidth=1))
        labels.append("independent bits (theory)")
    if any(row["discrepancy_bound"] is not None for row in rows):
        handles.append(Line2D([], [], color="gray", linestyle=":", linewidth=1))
        labels.append("bound by discrepancy (worst case)")
    axes.legend(handles, labels, fontsize=8)
    axes.set(xlabel="length N, cycles", ylabel="RMS error", title=title)
    axes.grid(alpha=0.3)
    with writing(path, "wb") as file:
        # Without the version of Matplotlib, equal pictures are equal files.
        figure.savefig(file, dpi=120, format="png", metadata={"Software": None})
    pyplot.close(figure)
