"""Where the tasks of a study are worked on: in this process, in several, or on a cluster."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import as_completed
from pathlib import Path
from typing import Any

from fixedpoint.circuit.worker_pool import signals_blocked, worker_pool

from .any_study import AnyStudy, Rows
from .folder import opened

__all__ = ["check_scheduler", "on_a_cluster", "on_this_computer", "run_study"]

Work = Callable[[Any], Rows]
Result = tuple[Any, Rows]
# Seconds to wait for a scheduler.
PATIENCE = 5


def run_study(
    path: Path,
    study: AnyStudy,
    work: Work,
    *,
    jobs: int = 1,
    scheduler: str | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Rows:
    """Work on the tasks of a study that its folder does not have, and write its table.

    Parameters
    ----------
    path : pathlib.Path
        The folder.
    study : AnyStudy
    work : callable
        Returns the rows of a task; the same ones in every process, which it is sent to.
    jobs : int
        Processes side by side.
    scheduler : str, optional
        Address of a Dask scheduler, in place of processes of this computer.
    progress : callable
        Called with the numbers of finished and of all tasks.

    Returns
    -------
    list of dict
        All rows in the order of the tasks.

    Raises
    ------
    ValueError
        If the folder has the results of another study, or no scheduler answers.
    """
    with opened(path, study) as folder:
        tasks = list(study.tasks())
        left = [task for task in tasks if not folder.has(task)]
        done = len(tasks) - len(left)
        progress(done, len(tasks))
        if left:
            results = (
                on_this_computer(work, left, jobs)
                if scheduler is None
                else on_a_cluster(work, left, scheduler)
            )
            for task, rows in results:
                folder.put(task, rows)
                done += 1
                progress(done, len(tasks))
        rows = folder.rows()
        folder.write_results(rows)
    return rows


def on_this_computer(work: Work, tasks: Sequence[Any], jobs: int) -> Iterator[Result]:
    """Yield the results of tasks as they are done, by up to `jobs` processes."""
    if jobs == 1 or len(tasks) < 2:
        for task in tasks:
            yield task, work(task)
        return
    with worker_pool(min(jobs, len(tasks))) as pool:
        with signals_blocked():
            waiting = {pool.submit(work, task): task for task in tasks}
        for future in as_completed(waiting):
            yield waiting[future], future.result()


def on_a_cluster(work: Work, tasks: Sequence[Any], address: str) -> Iterator[Result]:
    """Yield the results of tasks as they are done on a Dask cluster.

    A task whose worker dies is given to another one. Its result comes once.

    Parameters
    ----------
    work : callable
        The files that it reads have the same paths for the workers.
    tasks : sequence
    address : str
        Of the scheduler, as in ``tcp://127.0.0.1:8786``.

    Raises
    ------
    ValueError
        If no scheduler answers, or a task has killed several workers.
    """
    import distributed

    with _connected(address) as client, client.as_current():
        # A name of its own for each attempt: results of an earlier one are not taken.
        futures = {client.submit(work, task, pure=False): task for task in tasks}
        completed: Callable[[Any], Iterable[Any]] = distributed.as_completed
        for future in completed(futures):
            try:
                rows = future.result()
            except distributed.KilledWorker:
                raise ValueError(
                    f"task {futures[future].number} of the study has killed several workers"
                ) from None
            yield futures[future], rows


def check_scheduler(address: str) -> None:
    """Raise a ValueError if no scheduler answers."""
    _connected(address).close()


def _connected(address: str) -> Any:
    """Return a client of a scheduler."""
    import distributed

    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    try:
        return distributed.Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, TimeoutError, ValueError):
        raise ValueError(
            f"no Dask scheduler answers at {address}: start one with `dask scheduler`"
        ) from None
