"""How a command ends early: on Ctrl-C and SIGTERM alike, with everything that it started."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

__all__ = [
    "PATIENCE",
    "Interrupted",
    "check_interrupted",
    "end_tools",
    "handle_signals",
    "interrupt_status",
    "postponed",
    "running",
    "scratch_folder",
]

# Seconds that threads have to end by themselves after a signal.
PATIENCE = 3.0
SHOW_CURSOR = "\x1b[?25h"

_interrupted = threading.Event()
_status = [128 + signal.SIGINT]
_running: set[int] = set()
_folders: set[Path] = set()


class Interrupted(KeyboardInterrupt):
    """Ctrl-C or SIGTERM."""


def interrupt_status() -> int:
    """Return what an interrupted command exits with: 128 and the number of the signal."""
    return _status[0]


def handle_signals() -> None:
    """Let SIGINT and SIGTERM raise `Interrupted` in the main thread and end all tools.

    Threads that do not end within 3 seconds are left: the process then ends at once.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)


def _interrupt(number: int, frame: FrameType | None) -> None:
    if _interrupted.is_set():
        # The first signal is being obeyed: a second one must not stop the tidying up.
        return
    _interrupted.set()
    _status[0] = 128 + number
    threading.Thread(target=_end, args=(128 + number,), daemon=True).start()
    raise Interrupted


class Held:
    """The signal that was postponed: `number` is 0 until there is one."""

    number = 0

    def check(self) -> None:
        """Raise `Interrupted` after a signal."""
        if self.number:
            _status[0] = 128 + self.number
            raise Interrupted


@contextlib.contextmanager
def postponed() -> Iterator[Held]:
    """Postpone the first signal during the block; `Held.check` then interrupts.

    The second signal interrupts at once. In a thread other than the main one, and where
    `handle_signals` was not called, nothing is postponed.
    """
    held = Held()
    if threading.current_thread() is not threading.main_thread() or (
        signal.getsignal(signal.SIGINT) is not _interrupt
    ):
        yield held
        return

    def hold(number: int, frame: FrameType | None) -> None:
        if held.number:
            _interrupt(number, frame)
        held.number = number

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, hold)
    try:
        yield held
    finally:
        handle_signals()


def check_interrupted() -> None:
    """Raise `Interrupted` in any thread after a signal, so that no new work begins."""
    if _interrupted.is_set():
        raise Interrupted


@contextlib.contextmanager
def running(command: list[str], **options: Any) -> Iterator[subprocess.Popen[str]]:
    """Start a tool for the block; it ends with the block, and so does what it has started.

    Parameters
    ----------
    command : list of str
    **options
        As for `subprocess.Popen`.
    """
    check_interrupted()
    # Terminals send Ctrl-C to a whole group of processes; here each tool leads its own.
    with subprocess.Popen(command, start_new_session=True, **options) as process:
        _running.add(process.pid)
        try:
            # The signal may have come while the tool started, before it could be ended.
            check_interrupted()
            yield process
        except BaseException:
            _end_group(process.pid)
            raise
        finally:
            _running.discard(process.pid)
    check_interrupted()


def end_tools() -> None:
    """End all tools that threads of this process run."""
    for leader in tuple(_running):
        _end_group(leader)


@contextlib.contextmanager
def scratch_folder(prefix: str = "goldstream-", parent: Path | None = None) -> Iterator[Path]:
    """Make a folder for the block; it goes with the block or with the process."""
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
    _folders.add(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        _folders.discard(folder)


def _end_group(leader: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def _end(status: int) -> None:
    """End all processes below this one, those that threads start now, too; then this one."""
    end, told = time.monotonic() + PATIENCE, set()
    while time.monotonic() < end:
        for number in _descendants():
            if number not in told:
                told.add(number)
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(number, signal.SIGTERM)
        time.sleep(0.05)
    for number in _descendants():
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(number, signal.SIGKILL)
    for folder in tuple(_folders):
        shutil.rmtree(folder, ignore_errors=True)
    if sys.stderr.isatty():
        print(SHOW_CURSOR, end="", file=sys.stderr, flush=True)
    os._exit(status)


def _descendants() -> list[int]:
    """Return the ids of all processes below this one, nearest first."""
    pairs = []
    try:
        listed = [int(name) for name in os.listdir("/proc") if name.isdigit()]
        for number in listed:
            with contextlib.suppress(OSError), open(f"/proc/{number}/stat", "rb") as file:
                # The name in brackets may hold anything; then state and parent.
                pairs.append((number, int(file.read().rpartition(b")")[2].split()[1])))
    except FileNotFoundError:
        listing = subprocess.run(
            ["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=False
        )
        for line in listing.stdout.splitlines():
            number, its = map(int, line.split())
            pairs.append((number, its))
    found = [os.getpid()]
    for parent in found:
        found += [number for number, its in pairs if its == parent]
    return found[1:]
