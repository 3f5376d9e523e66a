"""Progress of a command: a bar on a terminal, regular lines in a file."""

from __future__ import annotations

import sys
import threading
import time
from datetime import timedelta

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

__all__ = ["progress_bar"]

# Seconds between two lines, and before the first.
INTERVAL = 30.0


class _Lines(Progress):
    """Progress for files and pipes: a plain line every half minute."""

    def __init__(self) -> None:
        super().__init__(disable=True)
        self._stopped = threading.Event()

    def start(self) -> None:
        self._stopped.clear()
        threading.Thread(target=self._print_lines, daemon=True).start()

    def stop(self) -> None:
        self._stopped.set()

    def _print_lines(self) -> None:
        start = time.monotonic()
        while not self._stopped.wait(INTERVAL):
            seconds = timedelta(seconds=round(time.monotonic() - start))
            for task in self.tasks:
                if not task.finished:
                    line = f"{task.description}: {task.percentage:.0f} % after {seconds}"
                    print(line, file=sys.stderr, flush=True)


def progress_bar(hidden: bool = False) -> Progress:
    """Return a context manager that shows progress on standard error.

    On a terminal it shows a bar, which disappears at the end; otherwise it prints a line
    every half minute. If `hidden`, it shows nothing.
    """
    console = Console(stderr=True)
    if not hidden and not console.is_terminal:
        return _Lines()
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=hidden,
    )
