"""Pictures of the examples: Matplotlib without a display, files written as a whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fixedpoint.circuit.files import writing

__all__ = ["new_figure", "save_figure"]


def new_figure(rows: int = 1, columns: int = 1, **options: Any) -> tuple[Any, Any]:
    """Return a figure and its axes, as `matplotlib.pyplot.subplots` does."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    return pyplot.subplots(rows, columns, layout="constrained", **options)


def save_figure(figure: Any, path: Path, dpi: int = 120) -> None:
    """Write a figure as PNG and close it."""
    from matplotlib import pyplot

    with writing(path, "wb") as file:
        figure.savefig(file, dpi=dpi, format="png")
    pyplot.close(figure)
