"""Progress of a command: a bar on a terminal, regular lines in a file."""

from __future__ import annotations

import sys
import threading
import time
from datetime import timedelta
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

__all__ = ["progress_bar"]

# Seconds before the first line, and between two lines.
FIRST = 10.0
INTERVAL = 30.0


class _Lines(Progress):
    """Progress for files and pipes: a plain line after 10 seconds and every half minute."""

    def __init__(self) -> None:
        super().__init__(disable=True)
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._begun: dict[TaskID, tuple[float, float]] = {}

    def start(self) -> None:
        self._stopped.clear()
        self._thread = threading.Thread(target=self._print_lines, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        # A line that is being printed must not come after the work.
        if self._thread is not None:
            self._thread.join()

    def _print_lines(self) -> None:
        interval = FIRST
        while not self._stopped.wait(interval):
            interval = INTERVAL
            for task in self.tasks:
                if not task.finished:
                    print(self._line(task), file=sys.stderr, flush=True)

    def add_task(self, description: str, *arguments: Any, **options: Any) -> TaskID:
        """Add a task; what is done of it before takes no part in the estimate of the time."""
        number = super().add_task(description, *arguments, **options)
        self._begun[number] = time.monotonic(), options.get("completed", 0)
        return number

    def _line(self, task: Task) -> str:
        start, before = self._begun[task.id]
        passed = time.monotonic() - start
        line = f"{task.description}: {task.percentage:.0f} % after {_shown(passed)}"
        done = task.completed - before
        if done > 0 and task.total:
            line += f", about {_shown(passed * (task.total - task.completed) / done)} left"
        return line


def _shown(seconds: float) -> timedelta:
    return timedelta(seconds=round(seconds))


def progress_bar(hidden: bool = False) -> Progress:
    """Return a context manager that shows progress on standard error.

    On a terminal it shows a bar, which disappears at the end; otherwise it prints a line
    after 10 seconds and then every half minute. Both tell how much time is left. If `hidden`,
    it shows nothing.
    """
    console = Console(stderr=True)
    if not hidden and not console.is_terminal:
        return _Lines()
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        TextColumn("elapsed,"),
        TimeRemainingColumn(),
        TextColumn("left"),
        console=console,
        transient=True,
        disable=hidden,
    )
