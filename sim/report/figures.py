"""Figures of cross-checks, synthesis and training runs."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .svg_figure import GRID, MUTED, SERIES, series_style, svg_figure
from .training_runs import TrainingRun

__all__ = ["bits_by_family", "clock_by_area", "run_curves"]

# Of points without room for a name each, those furthest out have one.
NAMED = 6
# Fraction of the height between two names.
APART = 0.06
# How many curves a figure shows at most.
CURVES = 6


def bits_by_family(name: str, checks: Sequence[Mapping[str, Any]], families: dict) -> str:
    """Draw the bits that were compared, and the faults that were caught, by family."""
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for row in checks:
        groups.setdefault(families.get(row["name"], "others"), []).append(row)
    ordered = sorted(groups.items(), key=lambda item: -sum(r["bits_compared"] for r in item[1]))

    def draw(figure: Any, axes: Any) -> None:
        for place, (_, rows) in enumerate(ordered):
            bits = sum(row["bits_compared"] for row in rows)
            caught = sum(row["faults_caught"] for row in rows)
            planted = sum(row["faults_planted"] for row in rows)
            wrong = sum(row["mismatches"] for row in rows)
            axes.barh(place, bits, height=0.62, color=SERIES[1 if wrong else 0])
            text = f"{bits / 1e6:,.1f} M" + (f", {wrong:,} wrong" if wrong else "")
            faults = f" · {caught}/{planted} faults" if planted else ""
            axes.annotate(
                f"{text}{faults}",
                (bits, place),
                (4, 0),
                textcoords="offset points",
                va="center",
                fontsize=9,
            )
        axes.set_yticks(range(len(ordered)), [family for family, _ in ordered])
        axes.invert_yaxis()
        axes.set_xscale("log")
        low, high = axes.get_xlim()
        axes.set_xlim(low / 2, high * (high / low) ** 0.8)
        axes.grid(axis="y", visible=False)
        axes.spines["left"].set_visible(False)
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel("output bits compared")

    title = "Output bits compared with the golden model, and planted faults caught, by family"
    return svg_figure(name, title, draw, height=1.1 + 0.25 * len(ordered))


def area_unit(rows: Sequence[Mapping[str, Any]]) -> tuple[str, str]:
    """Return the column and the unit in which a target gives the area."""
    if any(row.get("area_um2") for row in rows):
        return "area_um2", "cell area in square micrometres"
    if any(row.get("lut") for row in rows):
        return "lut", "LUTs"
    return "gate_equivalents", "gate equivalents (NAND2)"


def clock_by_area(name: str, target: str, rows: Sequence[Mapping[str, Any]]) -> str | None:
    """Draw the clock frequency against the area on one target; None without frequencies."""
    column, unit = area_unit(rows)
    points = [row for row in rows if row.get(column) and row.get("fmax_mhz")]
    if len(points) < 2:
        return None
    areas = np.array([row[column] for row in points], float)
    clocks = np.array([row["fmax_mhz"] for row in points], float)

    def draw(figure: Any, axes: Any) -> None:
        for row, area, clock in zip(points, areas, clocks, strict=True):
            (dot,) = axes.plot(area, clock, "o", color=SERIES[0], alpha=0.75)
            dot.set_gid(f"tip:{row['name']}: {area:,.0f} {unit}, {clock:,.0f} MHz")
        axes.set_xscale("log")
        axes.set(xlabel=unit, ylabel="highest clock frequency in MHz", ylim=(0, None))
        centre = np.median(np.log(areas)), np.median(clocks)
        spread = np.ptp(np.log(areas)) or 1, np.ptp(clocks) or 1
        far = np.hypot(
            (np.log(areas) - centre[0]) / spread[0], (clocks - centre[1]) / spread[1]
        )
        named: list[int] = []
        for index in np.argsort(-far, kind="stable"):
            # Two names at one place would cover each other.
            gaps = np.abs(clocks[named] - clocks[index]) / spread[1]
            if len(named) == NAMED or np.any(gaps < APART):
                continue
            named.append(int(index))
            right = areas[index] > np.exp(centre[0])
            axes.annotate(
                points[index]["name"],
                (areas[index], clocks[index]),
                (-6 if right else 6, 4),
                textcoords="offset points",
                ha="right" if right else "left",
                fontsize=9,
                color=MUTED,
            )

    return svg_figure(name, f"Clock frequency against area on {target}", draw)


def run_curves(name: str, runs: Sequence[TrainingRun]) -> str:
    """Draw the test accuracy by epoch: mean, and lowest to highest, over the seeds."""
    groups = _groups(runs)
    labels = _labels([members[0] for members in groups])

    def draw(figure: Any, axes: Any) -> None:
        for number, (members, label) in enumerate(zip(groups, labels, strict=True)):
            shortest = min(len(run.epochs) for run in members)
            epochs = [int(epoch["number"]) for epoch in members[0].epochs[:shortest]]
            values = 100 * np.array(
                [[e["test_accuracy"] for e in run.epochs[:shortest]] for run in members]
            )
            style = series_style(number)
            text = f"{label}, {len(members)} seeds" if len(members) > 1 else label
            axes.plot(epochs, values.mean(axis=0), label=text, **style)
            if len(members) > 1:
                axes.fill_between(
                    epochs,
                    values.min(axis=0),
                    values.max(axis=0),
                    color=style["color"],
                    alpha=0.15,
                    linewidth=0,
                )
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.set(xlabel="epoch", ylabel="test accuracy in percent")
        axes.legend(loc="best")
        axes.grid(color=GRID)

    return svg_figure(name, "Test accuracy by epoch", draw)


def _groups(runs: Sequence[TrainingRun]) -> list[list[TrainingRun]]:
    """Return runs that differ in their seeds alone, by their settings."""
    finished = sorted((run for run in runs if run.epochs), key=lambda run: run.group)
    groups = [list(members) for _, members in itertools.groupby(finished, lambda r: r.group)]
    return groups[:CURVES]


def _labels(runs: Sequence[TrainingRun]) -> list[str]:
    """Return for each run the settings in which it differs from others; else its optimizer."""
    keys = [
        key
        for key in dict(runs[0].group)
        if len({json.dumps(run.settings.get(key)) for run in runs}) > 1
    ]
    first = [key for key in ("model", "optimizer") if key in keys] or ["optimizer"]
    others = [key for key in keys if key not in ("model", "optimizer")]
    labels = []
    for run in runs:
        words = [str(run.settings[key]) for key in first]
        # A learning rate goes with the optimizer where each of them has one of its own.
        told = [k for k in others if not _follows(k, first, runs)]
        words += [f"{k.replace('_', ' ')} {run.settings[k]}" for k in told]
        labels.append(", ".join(words))
    return labels


def _follows(key: str, others: Sequence[str], runs: Sequence[TrainingRun]) -> bool:
    """Return whether one setting is a function of others among some runs."""
    pairs = {
        (json.dumps([run.settings.get(o) for o in others]), json.dumps(run.settings.get(key)))
        for run in runs
    }
    return len({other for other, _ in pairs}) == len(pairs)
