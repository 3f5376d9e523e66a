"""Many resumable training runs in parallel processes."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from pathlib import Path
from types import FrameType

from fixedpoint.circuit import check_integer
from fixedpoint.circuit.files import check_directory

from .configuration import Configuration
from .epoch import Epoch
from .run import Run

__all__ = ["run_all"]


def run_all(
    folder: str | Path,
    trials: Mapping[str, Configuration],
    *,
    jobs: int = 1,
    data_directory: str | Path | None = None,
    progress: Callable[[int, int], None] | None = None,
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

    Returns
    -------
    dict of str to list of Epoch
        In the order of the trials.
    """
    jobs = check_integer("jobs", jobs, 1, 1024)
    path = check_directory(Path(folder))
    context = multiprocessing.get_context("spawn")
    results: dict[str, list[Epoch]] = {}
    with ProcessPoolExecutor(jobs, context, _end_with_parent) as pool:
        with _signals_blocked():
            waiting = {
                pool.submit(_train, path / name, trial, data_directory): name
                for name, trial in trials.items()
            }
        try:
            while waiting:
                done, _ = wait(waiting, timeout=0.5, return_when=FIRST_COMPLETED)
                for future in done:
                    results[waiting.pop(future)] = future.result()
                if progress is not None:
                    epochs = sum(_finished_epochs(path / name) for name in trials)
                    progress(len(results), epochs)
        except BaseException:
            # The progress of the other runs is in their checkpoints.
            pool.shutdown(wait=False, cancel_futures=True)
            for process in multiprocessing.active_children():
                process.terminate()
            raise
    return {name: results[name] for name in trials}


@contextlib.contextmanager
def _signals_blocked() -> Iterator[None]:
    """Let processes that start in the block never see Ctrl-C, which a terminal sends to all.

    The parent ends them. This thread gets its signals after the block.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _stop(number: int, frame: FrameType | None) -> None:
    """End a process in order, so that no half-written file stays."""
    signal.signal(number, signal.SIG_IGN)
    raise SystemExit(128 + number)


def _end_with_parent() -> None:
    """End this process when its parent has been killed, and on SIGTERM without a word."""
    signal.signal(signal.SIGTERM, _stop)
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


def _finished_epochs(folder: Path) -> int:
    """Return the number of finished epochs according to a run's folder."""
    try:
        return len((folder / "epochs.csv").read_text().splitlines()) - 1
    except FileNotFoundError:
        return 0
