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

    The parent ends them. It gets its own signals after the block: a process that started and
    does not get its task would end with a traceback.
    """
    came: list[int] = []
    handlers = {}
    # The mask, which processes inherit, holds for this thread. Any other may receive a signal,
    # which Python then handles in the main one.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            if signal.getsignal(number) not in (signal.SIG_IGN, None):
                handlers[number] = signal.signal(number, lambda number, _: came.append(number))
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        for late in came[:1]:
            signal.raise_signal(late)


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
