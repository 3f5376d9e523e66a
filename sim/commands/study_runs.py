"""Training runs of a study, their statistics over seeds, and the output."""

from __future__ import annotations

import csv
import dataclasses
import json
import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from fixedpoint.circuit import check_integer
from fixedpoint.circuit.files import check_directory, writing

from ..progress import progress_bar

if TYPE_CHECKING:
    from rich.progress import Progress

    from stochastic.training import Configuration, Epoch
    from stochastic.training.runs.run_statistics import Mean

__all__ = ["Study", "print_rows", "study_in"]


@dataclasses.dataclass
class Study:
    """Training runs of a study, started in rounds with a progress bar.

    Attributes
    ----------
    out : path
        Folder of the study.
    seeds : int
        Number of runs of each configuration.
    jobs : int
        Number of parallel runs.
    data : path or None
        Directory of the data set.
    bar : rich.progress.Progress
    epochs : dict of str to list of Epoch
        Epochs of every run so far, by the name of the run.
    """

    out: Path
    seeds: int
    jobs: int
    data: Path | None
    bar: Progress
    epochs: dict[str, list[Epoch]] = dataclasses.field(default_factory=dict)

    def train(self, configurations: dict[str, Configuration]) -> None:
        """Train the configurations, by name, with every seed."""
        from stochastic.training import run_all

        trials = {
            f"{name}-seed{seed}": settings.replace(seed=seed)
            for name, settings in configurations.items()
            for seed in range(1, self.seeds + 1)
        }
        task = self.bar.add_task("", total=sum(trial.epochs for trial in trials.values()))

        def show_progress(runs: int, epochs: int) -> None:
            text = f"{runs} of {len(trials)} runs done"
            self.bar.update(task, completed=epochs, description=text)

        self.epochs |= run_all(
            self.out / "runs",
            trials,
            jobs=self.jobs,
            data_directory=self.data,
            progress=show_progress,
        )
        self.bar.remove_task(task)

    def accuracies(self, name: str) -> list[float]:
        """Return the final test accuracy of a configuration for each seed, in percent."""
        runs = (f"{name}-seed{seed}" for seed in range(1, self.seeds + 1))
        return [100 * self.epochs[run][-1].test_accuracy for run in runs]

    def row(self, labels: dict[str, Any], name: str, reference: str) -> dict[str, Any]:
        """Return labels, mean accuracy, and mean difference from a reference."""
        from stochastic.training import Mean, paired

        values = self.accuracies(name)
        mean, difference = Mean.of(values), paired(values, self.accuracies(reference))
        return {
            **labels,
            "seeds": mean.count,
            "accuracy": round(mean.value, 3),
            "accuracy_error": _error(mean),
            "difference": round(difference.value, 3),
            "difference_error": _error(difference),
        }

    def write(self, rows: list[dict[str, Any]]) -> None:
        """Write the epochs of all runs to runs.csv, and the rows to summary.csv."""
        with writing(self.out / "runs.csv") as file:
            table = csv.writer(file)
            table.writerow(
                ["run", "epoch", "loss", "train_accuracy", "test_accuracy", "seconds"]
            )
            for name, epochs in self.epochs.items():
                for e in epochs:
                    table.writerow(
                        [name, e.number, e.loss, e.train_accuracy, e.test_accuracy, e.seconds]
                    )
        with writing(self.out / "summary.csv") as file:
            summary = csv.DictWriter(file, list(rows[0]))
            summary.writeheader()
            summary.writerows(rows)


@contextmanager
def study_in(
    out: Path, seeds: int, jobs: int | None, data: Path | None, hidden: bool
) -> Iterator[Study]:
    """Start or resume a study in a folder; the block shows a progress bar.

    Raises
    ------
    ValueError
        If a number is out of range or the folder cannot be created.
    """
    check_integer("seeds", seeds, 1, 1000)
    if jobs is None:
        jobs = len(os.sched_getaffinity(0))
    check_integer("jobs", jobs, 1, 1024)
    check_directory(out)
    with progress_bar(hidden) as bar:
        yield Study(out, seeds, jobs, data, bar)


def print_rows(
    title: str, rows: list[dict[str, Any]], labels: tuple[str, ...], as_json: bool
) -> None:
    """Print rows as JSON or as a table that starts with the columns `labels`."""
    if as_json:
        print(json.dumps(rows, indent=2))
        return
    table = Table(title=title)
    for heading in labels:
        table.add_column(heading.replace("_", " "))
    for heading in ("seeds", "test accuracy (%)", "points above float"):
        table.add_column(heading, justify="right")
    for row in rows:
        table.add_row(
            *(str(row[label]) for label in labels),
            str(row["seeds"]),
            _with_error(row["accuracy"], row["accuracy_error"]),
            _with_error(row["difference"], row["difference_error"]),
        )
    Console().print(table)


def _error(mean: Mean) -> float | None:
    return None if math.isnan(mean.error) else round(mean.error, 3)


def _with_error(value: float, error: float | None) -> str:
    return f"{value:.2f}" if error is None else f"{value:.2f} ± {error:.2f}"
