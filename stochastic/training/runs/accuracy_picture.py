"""Picture of training runs: the accuracy in every epoch."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from fixedpoint.circuit.files import writing

from .epoch import Epoch

__all__ = ["draw_curves"]


def draw_curves(
    path: str | Path, curves: Mapping[str, list[Epoch]], title: str, run: str | None = None
) -> None:
    """Draw the test and training accuracy of some runs.

    Parameters
    ----------
    path : path
        PNG file.
    curves : mapping of str to list of Epoch
        Epochs of the runs, by their names in the legend.
    title : str
    run : str, optional
        Digest of the run, which the file tells as its source.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(6, 4), layout="constrained")
    for name, epochs in curves.items():
        numbers = [epoch.number for epoch in epochs]
        tested = [100 * epoch.test_accuracy for epoch in epochs]
        trained = [100 * epoch.train_accuracy for epoch in epochs]
        (line,) = axes.plot(numbers, tested, marker="o", markersize=3, label=f"{name}, test")
        axes.plot(
            numbers, trained, linestyle="--", color=line.get_color(), label=f"{name}, training"
        )
    axes.set(xlabel="epoch", ylabel="accuracy (%)", title=title)
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right")
    with writing(Path(path), "wb") as file:
        metadata = {} if run is None else {"Source": f"run {run}"}
        figure.savefig(file, dpi=120, format="png", metadata=metadata)
    pyplot.close(figure)
