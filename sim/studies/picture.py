"""Pictures of the results of a study."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fixedpoint.circuit.files import writing

from .any_study import Rows
from .lines import circuit_lines, drawn

__all__ = ["draw_errors"]


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
    lines, left_out = drawn(circuit_lines(rows))
    for number, (label, own) in enumerate(lines.items()):
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
            label=label,
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
    axes.legend(handles, labels, fontsize=8, title=left_out, title_fontsize=8)
    axes.set(xlabel="length N, cycles", ylabel="RMS error", title=title)
    axes.grid(alpha=0.3)
    with writing(path, "wb") as file:
        # Without the version of Matplotlib, equal pictures are equal files.
        figure.savefig(file, dpi=120, format="png", metadata={"Software": None})
    pyplot.close(figure)
