"""Pictures of the results of studies."""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from typing import Any

from fixedpoint.circuit.files import writing

__all__ = ["draw_accuracy", "draw_series"]


def draw_accuracy(
    path: Path, rows: list[dict[str, Any]], models: list[str], margin: float, title: str = ""
) -> None:
    """Draw the difference of each network from float SGD against the cycles per step.

    Results without cycles, those of training in fixed point, have columns of their own.

    Parameters
    ----------
    path : path
        PNG file.
    rows : list of dict
        Rows of ``goldstream study accuracy``.
    models : list of str
    margin : float
        Differences up to this number of points count as equal.
    title : str
    """
    pyplot = _pyplot()
    figure, axes = pyplot.subplots(figsize=(8, 3.6), layout="constrained")
    optimizers = dict.fromkeys(r["optimizer"] for r in rows)
    markers = dict(zip(optimizers, itertools.cycle("osD^vPX*"), strict=False))
    lengths = sorted({r["cycles_per_step"] for r in rows if r["cycles_per_step"]})
    places: dict[Any, float] = {n: math.log2(n) for n in lengths}
    without = [r["optimizer"] for r in rows if not r["cycles_per_step"]]
    for optimizer in dict.fromkeys(without):
        if optimizer != "float SGD":
            places[optimizer] = max(places.values(), default=0) + 1
    for number, model in enumerate(models):
        # Side by side, so that equal results of two networks are both seen.
        shift = 0.06 * (number - (len(models) - 1) / 2)
        of_model = [r for r in rows if r["network"] == model]
        for optimizer in dict.fromkeys(r["optimizer"] for r in of_model):
            same = [
                r for r in of_model
                if r["optimizer"] == optimizer and (r["cycles_per_step"] or optimizer) in places
            ]  # fmt: skip
            if same:
                axes.errorbar(
                    [places[r["cycles_per_step"] or optimizer] + shift for r in same],
                    [r["difference"] for r in same],
                    yerr=[r["difference_error"] or math.nan for r in same],
                    marker=markers[optimizer],
                    color=f"C{number}",
                    capsize=3,
                    label=model if optimizer == "circuit" else f"{model}, {optimizer}",
                )
    axes.axhline(0, color="black", linewidth=0.8)
    axes.axhspan(-margin, margin, alpha=0.12, label=f"± {margin} points")
    names = [f"L = {n}" if n in lengths else n.replace(", ", ",\n") for n in places]
    axes.set_xticks(list(places.values()), names)
    axes.set_xlim(min(places.values(), default=0) - 0.5, max(places.values(), default=0) + 0.5)
    axes.set(ylabel="points above float SGD", title=title)
    # Beside the axes, where it hides no result.
    axes.legend(fontsize="small", loc="center left", bbox_to_anchor=(1, 0.5))
    _save(figure, path)


def draw_series(path: Path, rows: list[dict[str, Any]], series: list[str]) -> None:
    """Draw accuracy against the values of some settings, beside float SGD.

    Parameters
    ----------
    path : path
        PNG file.
    rows : list of dict
        First the row of float SGD, then one for each value of each series.
    series : list of str
        Names of the settings, one for each axes.
    """
    pyplot = _pyplot()
    figure, all_axes = pyplot.subplots(
        1, len(series), figsize=(3 * len(series), 3.6), layout="constrained", sharey=True
    )
    reference = rows[0]
    for axes, name in zip(all_axes, series, strict=True):
        series_rows = [row for row in rows if row["series"] == name]
        error = reference["accuracy_error"] or 0
        axes.axhspan(reference["accuracy"] - error, reference["accuracy"] + error, alpha=0.2)
        axes.axhline(reference["accuracy"], linewidth=0.8, label="float SGD")
        axes.errorbar(
            [row["value"].replace(" ", "\n") for row in series_rows],
            [row["accuracy"] for row in series_rows],
            yerr=[row["accuracy_error"] or 0 for row in series_rows],
            marker="o",
            linestyle="none" if name in ("generator", "rates", "L = 4") else "-",
            capsize=3,
            color="tab:orange",
            label="circuit",
        )
        axes.set(xlabel=name)
        axes.grid(alpha=0.3)
    all_axes[0].set_ylabel("test accuracy (%)")
    all_axes[0].legend(loc="lower right")
    _save(figure, path)


def _pyplot() -> Any:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    return pyplot


def _save(figure: Any, path: Path) -> None:
    with writing(path, "wb") as file:
        figure.savefig(file, dpi=120, format="png")
    _pyplot().close(figure)
