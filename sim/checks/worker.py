"""Processes that check entries of the catalogue: Python's lock allows one model at a time.

A worker is started as a program, so scripts need no guard around their main part, and what
is imported or patched in the calling process does not reach it.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import subprocess
import sys
from collections.abc import Sequence

from ..catalog import find
from ..circuit_files import load_circuits, loaded_files
from ..entry import Entry
from ..interrupts import PATIENCE, handle_signals
from .entry_bench import entry_benches
from .entry_check import Settings, check_entry
from .verification import Verification

__all__ = ["Worker", "check_entries", "serve"]

PROGRAM = "import sys; sys.path[:] = sys.argv[1:]; from sim.checks.worker import serve; serve()"


def check_entries(
    entries: Sequence[Entry], settings: Settings, plant: int
) -> list[Verification]:
    """Emit the Verilog of some entries at once, and check one after the other."""
    prepared = entry_benches(entries, settings.lanes, plant)
    return [check_entry(bench, settings) for bench in prepared]


class Worker:
    """A process that checks entries of the catalogue by name.

    Parameters
    ----------
    settings : Settings
    plant : int
        Most faults in each entry.
    """

    def __init__(self, settings: Settings, plant: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *sys.path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # Ctrl-C at a terminal is for the one who started the workers, and ends them.
            start_new_session=True,
        )
        self._send((settings, plant, loaded_files()))

    def _send(self, message: object) -> None:
        assert self._process.stdin is not None
        pickle.dump(message, self._process.stdin)
        self._process.stdin.flush()

    def check(self, names: Sequence[str]) -> list[Verification]:
        """Check some entries; an error of the worker is raised here."""
        assert self._process.stdout is not None
        try:
            self._send(tuple(names))
            answer = pickle.load(self._process.stdout)
        except (EOFError, BrokenPipeError):
            code = self._process.wait()
            raise RuntimeError(f"a process of the cross-check ended with exit {code}") from None
        if isinstance(answer, Exception):
            raise answer
        return answer

    def stop(self) -> None:
        """End the process, whatever it is doing."""
        self._process.terminate()
        try:
            self._process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()


def serve() -> None:
    """Check entries as a worker: requests from standard input, answers to standard output."""
    handle_signals()
    with contextlib.suppress(KeyboardInterrupt):
        _serve()


def _serve() -> None:
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    # What anything prints must not get between the answers.
    os.dup2(2, 1)
    settings, plant, files = pickle.load(requests)
    while True:
        try:
            names = pickle.load(requests)
        except EOFError:
            return
        answer: object
        try:
            for file in files:
                load_circuits(file)
            answer = check_entries([find(name) for name in names], settings, plant)
        except Exception as error:
            answer = error
        pickle.dump(answer, answers)
        answers.flush()
