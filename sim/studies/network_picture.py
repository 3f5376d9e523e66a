"""The picture of a network's accuracy against the length of its streams."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from fixedpoint.circuit.files import writing

from .any_study import Rows
from .lines import drawn, network_lines

__all__ = ["draw_network"]


def draw_network(path: Path, rows: Rows, title: str) -> None:
    """Draw the accuracy against the cycles, and against the bits of a number's streams.

    Error bars are standard errors: over the seeds if there are several, else over the images.

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

    lines, left_out = drawn(network_lines(rows))
    figure, panels = pyplot.subplots(
        1, 2, figsize=(9, 4.2), layout="constrained", sharey=True, width_ratios=(1, 1)
    )
    settings = {
        "cycles": "cycles of an image",
        "bits": "bits of a number's streams, N m",
    }
    for axes, (setting, meaning) in zip(panels, settings.items(), strict=True):
        for number, (label, own) in enumerate(lines.items()):
            places = sorted({row[setting] for row in own})
            means, bars = zip(*(_mean(own, setting, place) for place in places), strict=True)
            axes.errorbar(
                places,
                means,
                bars,
                fmt="o-" if number < 10 else "s--",
                capsize=3,
                markersize=4,
                color=f"C{number % 10}",
                label=label,
            )
        axes.axhline(
            rows[0]["float_accuracy"], color="black", linestyle="--", linewidth=1,
            label="without streams",
        )  # fmt: skip
        axes.set_xscale("log", base=2)
        axes.set(xlabel=meaning)
        axes.grid(alpha=0.3)
    panels[0].set(ylabel="test accuracy (%)")
    panels[1].legend(fontsize=8, title=left_out, title_fontsize=8)
    figure.suptitle(title)
    with writing(path, "wb") as file:
        # Without the version of Matplotlib, equal pictures are equal files.
        figure.savefig(file, dpi=120, format="png", metadata={"Software": None})
    pyplot.close(figure)


def _mean(rows: Rows, setting: str, place: Any) -> tuple[float, float]:
    """Return mean and standard error of the accuracy at one place of an axis."""
    at = [row for row in rows if row[setting] == place]
    values = np.array([row["accuracy"] for row in at])
    if len(at) > 1:
        return float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(at)))
    return float(values[0]), at[0]["accuracy_error"]
