"""Many training runs, side by side, each resumable, and what they come to over seeds."""

from __future__ import annotations

import dataclasses
import math
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from pathlib import Path

from fixedpoint.circuit import check_integer
from fixedpoint.circuit.files import check_directory

from .configuration import Configuration
from .run import Run
from .trainer import Epoch

__all__ = ["Mean", "paired", "run_all"]


@dataclasses.dataclass(frozen=True)
class Mean:
    """Mean of some measurements and its standard error.

    Attributes
    ----------
    value : float
    error : float
        ``s / sqrt(n)`` with s the standard deviation of n measurements (n - 1 degrees of
        freedom); NaN for one alone.
    count : int
    """

    value: float
    error: float
    count: int

    @staticmethod
    def of(values: Iterable[float]) -> Mean:
        """Return mean and standard error of one or more values."""
        found = list(values)
        n = len(found)
        if not n:
            raise ValueError("a mean needs one value or more")
        mean = math.fsum(found) / n
        if n == 1:
            return Mean(mean, math.nan, 1)
        squares = math.fsum((value - mean) ** 2 for value in found)
        return Mean(mean, math.sqrt(squares / (n - 1) / n), n)


def paired(values: Sequence[float], references: Sequence[float]) -> Mean:
    """Return the mean of the differences of pairs: runs of the same seed."""
    return Mean.of(a - b for a, b in zip(values, references, strict=True))


def run_all(
    folder: str | Path,
    trials: Mapping[str, Configuration],
    *,
    jobs: int = 1,
    data_directory: str | Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, list[Epoch]]:
    """Make some training runs, each in a folder of its own, and return their epochs.

    Parameters
    ----------
    folder : path
        A run's folder is in it under the run's name. Runs that are done are not made
        again, and those that were stopped go on.
    trials : mapping of str to Configuration
        By name. Their results do not depend on `jobs`.
    jobs : int
        Processes.
    data_directory : path, optional
        Where the data set's files are, if it needs some.
    progress : callable, optional
        Called about twice a second with how many runs and how many epochs are done.

    Returns
    -------
    dict of str to list of Epoch
        In the order of the trials.
    """
    jobs = check_integer("jobs", jobs, 1, 1024)
    path = check_directory(Path(folder))
    context = multiprocessing.get_context("spawn")
    found: dict[str, list[Epoch]] = {}
    with ProcessPoolExecutor(jobs, context, _end_with_parent) as pool:
        waiting = {
            pool.submit(_train, path / name, trial, data_directory): name
            for name, trial in trials.items()
        }
        try:
            while waiting:
                done, _ = wait(waiting, timeout=0.5, return_when=FIRST_COMPLETED)
                for future in done:
                    found[waiting.pop(future)] = future.result()
                if progress is not None:
                    progress(len(found), sum(_epochs(path / name) for name in trials))
        except BaseException:
            # What the others have done so far is in their checkpoints.
            pool.shutdown(wait=False, cancel_futures=True)
            for process in multiprocessing.active_children():
                process.terminate()
            raise
    return {name: found[name] for name in trials}


def _end_with_parent() -> None:
    """See to it that this process ends when its parent is killed, and trains for nobody."""
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _train(
    folder: Path, trial: Configuration, data_directory: str | Path | None
) -> list[Epoch]:
    return Run(folder, trial, data_directory=data_directory).train()


def _epochs(folder: Path) -> int:
    """Return how many epochs a run has done, as its folder shows."""
    try:
        return len((folder / "epochs.csv").read_text().splitlines()) - 1
    except FileNotFoundError:
        return 0
