"""The figure of a study: a measured value against a setting, theory beside it."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from .study_tables import StudyTable
from .svg_figure import HEIGHT, MUTED, SERIES, series_style, svg_figure

__all__ = ["CURVES", "MEASURES", "FigureColumns", "figure_columns", "study_figure"]

# What a study can measure and what it can vary, the first in a table being drawn.
MEASURES = {
    "rmse": "root mean square error",
    "accuracy": "test accuracy in percent",
    "rms_error": "root mean square error",
    "bias": "bias",
    "success": "success rate",
}
SETTINGS = {
    "length": "stream length in cycles",
    "cycles": "cycles",
    "cycles_per_step": "cycles per step",
    "width": "width in bits",
    "fault_rate": "fault rate",
}
# What theory says of them, and how it is drawn: one curve for all, or one for each.
THEORIES = {
    "binomial_rmse": ("independent bits (theory)", "--", False),
    "rmse_theory": ("theory", "--", True),
    "discrepancy_bound": ("bound by discrepancy", ":", True),
}
# How many curves a figure shows at most, and the longest text that can tell them apart.
CURVES, LONGEST = 6, 40


@dataclasses.dataclass(frozen=True)
class FigureColumns:
    """Which columns of a table a figure shows.

    Attributes
    ----------
    setting, measure : str
    error : str or None
        The column of the measure's standard error.
    theories : tuple of str
    labels : tuple of str
        The columns that tell the curves apart; rows that agree in them differ in the seed.
    """

    setting: str
    measure: str
    error: str | None
    theories: tuple[str, ...]
    labels: tuple[str, ...]


def figure_columns(study: StudyTable) -> FigureColumns | None:
    """Return what the figure of a study shows; None if its columns are not known."""
    columns, varying = study.columns, study.varying()
    measure = next((c for c in MEASURES if c in columns), None)
    setting = next((c for c in SETTINGS if c in varying), None)
    if measure is None or setting is None:
        return None
    error = f"{measure}_error"
    labels = [
        c
        for c in varying
        if c != setting
        and (c in SETTINGS or all(isinstance(row[c], str) for row in study.rows))
        and all(len(str(row[c])) <= LONGEST for row in study.rows)
    ]
    return FigureColumns(
        setting,
        measure,
        error if error in columns else None,
        tuple(t for t in THEORIES if t in columns),
        tuple(labels),
    )


def study_figure(name: str, study: StudyTable) -> str | None:
    """Draw a study; None if its columns are not those of a figure."""
    shown = figure_columns(study)
    if shown is None:
        return None
    curves: dict[str, dict[float, list[dict[str, Any]]]] = {}
    for row in study.rows:
        if isinstance(row[shown.setting], int | float) and row[shown.measure] is not None:
            label = ", ".join(_told(c, row[c]) for c in shown.labels)
            curves.setdefault(label, {}).setdefault(row[shown.setting], []).append(row)
    drawn = [(label, points) for label, points in curves.items() if len(points) > 1][:CURVES]
    if not drawn:
        return None

    def draw(figure: Any, axes: Any) -> None:
        for number, (label, points) in enumerate(drawn):
            places = sorted(points)
            means, bars = zip(*(_mean(points[p], shown) for p in places), strict=True)
            axes.errorbar(
                places,
                means,
                yerr=bars if any(bars) else None,
                label=label or "measured",
                capsize=2,
                elinewidth=0.8,
                **series_style(number),
            )
            for theory in shown.theories:
                _draw_theory(axes, points, theory, number)
        _scale(axes, study, shown)
        axes.set(xlabel=SETTINGS[shown.setting], ylabel=MEASURES[shown.measure])
        lines = len(axes.get_legend_handles_labels()[1])
        if lines > 1:
            figure.set_figheight(HEIGHT + 0.2 * -(-lines // 2))
            figure.legend(loc="outside lower center", ncols=2, fontsize=9)

    title = f"{MEASURES[shown.measure]} against {SETTINGS[shown.setting]}"
    return svg_figure(name, title[:1].upper() + title[1:], draw)


def _told(column: str, value: Any) -> str:
    """Return the value of a column for a legend."""
    return value if isinstance(value, str) else f"{column.replace('_', ' ')} {value}"


def _mean(rows: list[dict[str, Any]], shown: FigureColumns) -> tuple[float, float]:
    """Return mean and standard error: over the seeds if there are several, else the row's."""
    values = np.array([row[shown.measure] for row in rows], float)
    if len(values) > 1:
        return float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values)))
    return float(values[0]), float((shown.error and rows[0][shown.error]) or 0)


def _draw_theory(
    axes: Any, points: dict[float, list[dict[str, Any]]], theory: str, number: int
) -> None:
    """Draw a curve of theory: thin, in the colour of its series or once for all."""
    label, dashes, each = THEORIES[theory]
    known = [(p, rows[0][theory]) for p, rows in sorted(points.items()) if rows[0][theory]]
    if known and (each or number == 0):
        axes.plot(
            *zip(*known, strict=True),
            color=SERIES[number % len(SERIES)] if each else MUTED,
            linestyle=dashes,
            linewidth=1,
            label=label if number == 0 else None,
        )


def _scale(axes: Any, study: StudyTable, shown: FigureColumns) -> None:
    """Take logarithmic axes where values go over more than a factor of eight."""
    for name, which in ((shown.setting, "x"), (shown.measure, "y")):
        values = [r[name] for r in study.rows if isinstance(r[name], int | float)]
        positive = [value for value in values if value > 0]
        if positive and min(values) >= 0 and max(values) > 8 * min(positive):
            base = 2 if which == "x" and all(float(v).is_integer() for v in values) else 10
            getattr(axes, f"set_{which}scale")("log", base=base, nonpositive="mask")
