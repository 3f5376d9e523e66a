"""The figure of a study: a measured value against a setting, theory beside it."""

from __future__ import annotations

import dataclasses
from typing import Any

from .study_tables import StudyTable
from .svg_figure import MUTED, SERIES, STYLES, series_style, svg_figure

__all__ = ["FigureColumns", "figure_columns", "study_figure"]

# What a study can measure and what it can vary, the first in a table being drawn.
MEASURES = {
    "rmse": "root mean square error",
    "accuracy": "test accuracy in percent",
    "rms_error": "root mean square error",
    "bias": "bias",
    "scc": "SCC",
}
SETTINGS = {
    "length": "stream length in cycles",
    "cycles": "cycles",
    "cycles_per_step": "cycles per step",
    "width": "width in bits",
    "fault_rate": "fault rate",
}
# Endings of the columns of a measure's error, and of its value by theory.
ERRORS = ("_error", "_standard_error", "_se")
THEORIES = ("_theory", "_expected")
# How many curves a figure shows at most, and how many columns may tell them apart.
CURVES, LABELS = 6, 3


@dataclasses.dataclass(frozen=True)
class FigureColumns:
    """Which columns of a table a figure shows.

    Attributes
    ----------
    setting, measure : str
    error, theory : str or None
    labels : tuple of str
        The columns that tell the curves apart.
    """

    setting: str
    measure: str
    error: str | None
    theory: str | None
    labels: tuple[str, ...]


def figure_columns(study: StudyTable) -> FigureColumns | None:
    """Return what the figure of a study shows; None if its columns are not known."""
    columns, varying = study.columns, study.varying()
    measure = next((c for c in MEASURES if c in columns), None)
    setting = next((c for c in SETTINGS if c in varying), None)
    if measure is None or setting is None:
        return None
    error = next((measure + end for end in ERRORS if measure + end in columns), None)
    theories = (*(measure + end for end in THEORIES), "theory")
    theory = next((c for c in theories if c in columns), None)
    labels = [
        c
        for c in varying
        if c != setting and all(isinstance(row[c], str | bool) for row in study.rows)
    ]
    return FigureColumns(setting, measure, error, theory, tuple(labels[:LABELS]))


def study_figure(name: str, study: StudyTable) -> str | None:
    """Draw a study; None if its columns are not those of a figure."""
    shown = figure_columns(study)
    if shown is None:
        return None
    curves: dict[str, list[dict[str, Any]]] = {}
    for row in study.rows:
        if isinstance(row[shown.setting], int | float) and row[shown.measure] is not None:
            label = ", ".join(str(row[c]) for c in shown.labels)
            curves.setdefault(label, []).append(row)
    curves = {label: rows for label, rows in curves.items() if len(rows) > 1}
    if not curves:
        return None

    def draw(figure: Any, axes: Any) -> None:
        for number, (label, rows) in enumerate(list(curves.items())[:CURVES]):
            rows = sorted(rows, key=lambda row: row[shown.setting])
            axes.errorbar(
                [row[shown.setting] for row in rows],
                [row[shown.measure] for row in rows],
                yerr=[row[shown.error] or 0 for row in rows] if shown.error else None,
                label=label or "measured",
                capsize=2,
                elinewidth=0.8,
                **series_style(number),
            )
            _draw_theory(axes, rows, shown, number, alone=len(curves) == 1)
        _scale(axes, study, shown)
        axes.set(xlabel=SETTINGS[shown.setting], ylabel=MEASURES[shown.measure])
        if len(curves) > 1 or shown.theory:
            axes.legend(loc="best")

    title = f"{MEASURES[shown.measure]} against {SETTINGS[shown.setting]}"
    return svg_figure(name, title[:1].upper() + title[1:], draw)


def _draw_theory(
    axes: Any, rows: list[dict[str, Any]], shown: FigureColumns, number: int, alone: bool
) -> None:
    """Draw theory's curve: thin and dashed, in the colour of its own series."""
    if shown.theory is None:
        return
    points = [(r[shown.setting], r[shown.theory]) for r in rows if r[shown.theory] is not None]
    if points:
        axes.plot(
            *zip(*points, strict=True),
            color=MUTED if alone else SERIES[number % len(SERIES)],
            linestyle=STYLES[2],
            linewidth=1,
            label="theory" if number == 0 else None,
        )


def _scale(axes: Any, study: StudyTable, shown: FigureColumns) -> None:
    """Take logarithmic axes where values go over more than a factor of eight."""
    for name, which in ((shown.setting, "x"), (shown.measure, "y")):
        values = [r[name] for r in study.rows if isinstance(r[name], int | float)]
        if values and min(values) > 0 and max(values) > 8 * min(values):
            base = 2 if which == "x" and all(float(v).is_integer() for v in values) else 10
            getattr(axes, f"set_{which}scale")("log", base=base)
