"""Where the tasks of a study are worked on: in this process, in several, or on a cluster."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import as_completed
from typing import Any

from fixedpoint.circuit.worker_pool import signals_blocked, worker_pool

from .evaluation import evaluate
from .study import Study, Task

__all__ = ["check_scheduler", "on_a_cluster", "on_this_computer"]

Result = tuple[Task, list[dict[str, Any]]]
# Seconds to wait for a scheduler.
PATIENCE = 5


def on_this_computer(
    study: Study, tasks: Sequence[Task], sources: Sequence[str], jobs: int
) -> Iterator[Result]:
    """Yield the results of tasks as they are done, by up to `jobs` processes."""
    work = functools.partial(evaluate, study, sources=sources)
    if jobs == 1 or len(tasks) < 2:
        for task in tasks:
            yield task, work(task)
        return
    with worker_pool(min(jobs, len(tasks))) as pool:
        with signals_blocked():
            waiting = {pool.submit(work, task): task for task in tasks}
        for future in as_completed(waiting):
            yield waiting[future], future.result()


def on_a_cluster(
    study: Study, tasks: Sequence[Task], sources: Sequence[str], address: str
) -> Iterator[Result]:
    """Yield the results of tasks as they are done on a Dask cluster.

    A task whose worker dies is given to another one. Its result comes once.

    Parameters
    ----------
    study : Study
    tasks : sequence of Task
    sources : sequence of str
        Paths that the workers can read too.
    address : str
        Of the scheduler, as in ``tcp://127.0.0.1:8786``.

    Raises
    ------
    ValueError
        If no scheduler answers, or a task has killed several workers.
    """
    import distributed

    with _connected(address) as client, client.as_current():
        work = functools.partial(evaluate, study, sources=sources)
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
