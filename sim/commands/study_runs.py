"""Training runs of a study, their statistics over seeds, and the output."""

from __future__ import annotations

import csv
import dataclasses
import json
import math
import os
from collections.abc import Callable, Iterator
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
        Epochs of every finished run, by the name of the run.
    planned : set of str
        Names of all runs so far, finished or not.
    trained : set of str
        Names of the configurations whose runs `train` has made or found.
    """

    out: Path
    seeds: int
    jobs: int
    data: Path | None
    bar: Progress
    epochs: dict[str, list[Epoch]] = dataclasses.field(default_factory=dict)
    planned: set[str] = dataclasses.field(default_factory=set)
    trained: set[str] = dataclasses.field(default_factory=set)

    def collect(self, configurations: dict[str, Configuration]) -> None:
        """Add the runs of configurations, by name, that an earlier study has finished."""
        from stochastic.training import finished_run

        for name, trial in self._trials(configurations).items():
            epochs = finished_run(self.out / "runs" / name, trial)
            if epochs is not None:
                self.epochs[name] = epochs
                self.planned.add(name)

    def train(
        self,
        configurations: dict[str, Configuration],
        after_run: Callable[[], Any] | None = None,
    ) -> None:
        """Train the configurations, by name, with every seed.

        Parameters
        ----------
        configurations : dict of str to Configuration
        after_run : callable, optional
            Called after every run that has finished.
        """
        from stochastic.training import run_all

        trials = self._trials(configurations)
        self.planned |= set(trials)
        task = self.bar.add_task("", total=sum(trial.epochs for trial in trials.values()))

        def show_progress(runs: int, epochs: int) -> None:
            text = f"{runs} of {len(trials)} runs done"
            self.bar.update(task, completed=epochs, description=text)

        def keep(name: str, epochs: list[Epoch]) -> None:
            self.epochs[name] = epochs
            if after_run is not None:
                after_run()

        run_all(
            self.out / "runs",
            trials,
            jobs=self.jobs,
            data_directory=self.data,
            progress=show_progress,
            finished=keep,
        )
        self.bar.remove_task(task)
        self.trained |= set(configurations)

    def _trials(self, configurations: dict[str, Configuration]) -> dict[str, Configuration]:
        """Return the configurations with every seed, by the names of the runs."""
        return {
            f"{name}-seed{seed}": settings.replace(seed=seed)
            for name, settings in configurations.items()
            for seed in range(1, self.seeds + 1)
        }

    def accuracies(self, name: str) -> dict[int, float]:
        """Return the final test accuracy of a configuration by seed, in percent."""
        return {
            seed: 100 * self.epochs[run][-1].test_accuracy
            for seed in range(1, self.seeds + 1)
            if (run := f"{name}-seed{seed}") in self.epochs
        }

    def progress(self) -> str:
        """Return how far the study has come, such as "3 of 9 runs"."""
        return f"{len(self.epochs)} of {len(self.planned)} runs"

    def row(self, labels: dict[str, Any], name: str, reference: str) -> dict[str, Any] | None:
        """Return labels, mean accuracy, and mean difference from a reference.

        The means are of the seeds with which both are finished; None if there is none.
        """
        from stochastic.training import Mean, paired

        found, references = self.accuracies(name), self.accuracies(reference)
        seeds = [seed for seed in found if seed in references]
        if not seeds:
            return None
        values = [found[seed] for seed in seeds]
        mean = Mean.of(values)
        difference = paired(values, [references[seed] for seed in seeds])
        return {
            **labels,
            "seeds": mean.count,
            "planned_seeds": self.seeds,
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
            for name, epochs in sorted(self.epochs.items()):
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
    title: str,
    rows: list[dict[str, Any]],
    labels: tuple[str, ...],
    as_json: bool,
    reference: str = "float",
) -> None:
    """Print rows as JSON or as a table that starts with the columns `labels`."""
    if as_json:
        print(json.dumps(rows, indent=2))
        return
    table = Table(title=title)
    for heading in labels:
        # A name goes on in the next line; nothing of it is cut off.
        table.add_column(heading.replace("_", " "), overflow="fold")
    for heading in ("seeds", "test accuracy (%)", f"points above {reference}"):
        table.add_column(heading, justify="right")
    for row in rows:
        table.add_row(
            *(str(row[label]) for label in labels),
            f"{row['seeds']} of {row['planned_seeds']}",
            _with_error(row["accuracy"], row["accuracy_error"]),
            _with_error(row["difference"], row["difference_error"]),
        )
    Console().print(table)


def _error(mean: Mean) -> float | None:
    return None if math.isnan(mean.error) else round(mean.error, 3)


def _with_error(value: float, error: float | None) -> str:
    return f"{value:.2f}" if error is None else f"{value:.2f} ± {error:.2f}"
