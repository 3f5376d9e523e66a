"""Many resumable training runs in parallel processes."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, wait
from pathlib import Path

from fixedpoint.circuit import check_integer
from fixedpoint.circuit.files import check_directory
from fixedpoint.circuit.worker_pool import signals_blocked, worker_pool

from .configuration import Configuration
from .epoch import Epoch
from .run import Run

__all__ = ["finished_run", "run_all"]

_RESULTS = ("loss", "train_accuracy", "test_accuracy", "seconds")


def run_all(
    folder: str | Path,
    trials: Mapping[str, Configuration],
    *,
    jobs: int = 1,
    data_directory: str | Path | None = None,
    progress: Callable[[int, int], None] | None = None,
    finished: Callable[[str, list[Epoch]], None] | None = None,
) -> dict[str, list[Epoch]]:
    """Train several runs, each in its own folder, and return their epochs.

    Parameters
    ----------
    folder : path
        Parent of the folders, which are named after the runs. Finished runs are not repeated,
        and interrupted runs continue.
    trials : mapping of str to Configuration
        Configurations by the names of the runs. The results do not depend on `jobs`.
    jobs : int
        Number of processes.
    data_directory : path, optional
        Directory of the data set's files, if it needs any.
    progress : callable, optional
        Called about twice a second with the numbers of finished runs and finished epochs.
    finished : callable, optional
        Called with name and epochs of every run as soon as it has finished.

    Returns
    -------
    dict of str to list of Epoch
        In the order of the trials.
    """
    jobs = check_integer("jobs", jobs, 1, 1024)
    path = check_directory(Path(folder))
    results: dict[str, list[Epoch]] = {}
    # The progress of runs that the pool ends is in their checkpoints.
    with worker_pool(jobs) as pool:
        with signals_blocked():
            waiting = {
                pool.submit(_train, path / name, trial, data_directory): name
                for name, trial in trials.items()
            }
        while waiting:
            done, _ = wait(waiting, timeout=0.5, return_when=FIRST_COMPLETED)
            for future in done:
                name = waiting.pop(future)
                results[name] = future.result()
                if finished is not None:
                    finished(name, results[name])
            if progress is not None:
                epochs = sum(_finished_epochs(path / name) for name in trials)
                progress(len(results), epochs)
    return {name: results[name] for name in trials}


def _train(
    folder: Path, trial: Configuration, data_directory: str | Path | None
) -> list[Epoch]:
    return Run(folder, trial, data_directory=data_directory).train()


def _finished_epochs(folder: Path) -> int:
    """Return the number of finished epochs according to a run's folder."""
    try:
        return len((folder / "epochs.csv").read_text().splitlines()) - 1
    except FileNotFoundError:
        return 0


def finished_run(folder: str | Path, configuration: Configuration) -> list[Epoch] | None:
    """Return the epochs of a run if a folder holds it and it is finished, else None.

    Parameters
    ----------
    folder : path
        Of one run.
    configuration : Configuration
    """
    try:
        rows = list(csv.DictReader((Path(folder) / "epochs.csv").read_text().splitlines()))
        epochs = [
            Epoch(int(row["number"]), int(row["epochs"]), *(float(row[n]) for n in _RESULTS))
            for row in rows
        ]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    done = len(epochs) == configuration.epochs
    return epochs if done and all(r["run"] == configuration.digest for r in rows) else None
