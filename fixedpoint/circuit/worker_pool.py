"""Processes that work for a command and end with it."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from types import FrameType

__all__ = ["signals_blocked", "worker_pool"]

# Seconds for all processes to end in order; a command that was interrupted waits for 3.
_PATIENCE = 2.0


@contextlib.contextmanager
def worker_pool(jobs: int) -> Iterator[ProcessPoolExecutor]:
    """Give the block a pool of new processes; they end at once if the block fails.

    They also end when this process has been killed. Submit inside of `signals_blocked`, so
    that they never see Ctrl-C.
    """
    context = multiprocessing.get_context("spawn")
    others = set(multiprocessing.active_children())
    with ProcessPoolExecutor(jobs, context, _end_with_parent) as pool:
        try:
            yield pool
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            processes = set(multiprocessing.active_children()) - others
            for process in processes:
                process.terminate()
            # They remove half-written files, and would end at once if this process did.
            until = time.monotonic() + _PATIENCE
            for process in processes:
                process.join(max(0.0, until - time.monotonic()))
            raise


@contextlib.contextmanager
def signals_blocked() -> Iterator[None]:
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
