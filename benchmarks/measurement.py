"""Time measurement that is repeatable on a busy machine, and reports of the results."""

from __future__ import annotations

import argparse
import dataclasses
import json
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import numpy as np
from rich.console import Console
from rich.table import Table

__all__ = ["Measurement", "best_time", "best_times", "main", "processor_time", "report"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Measurement:
    """One line of a report.

    Attributes
    ----------
    name : str
    unit : str
        Unit of the rates, such as ``"bit-products/s"``.
    rate : float
        The rate of goldstream.
    peer : float
        The rate of the peer in the same run; 0 if there is no peer.
    goal : float
        The rate to reach; 0 if there is no goal.
    """

    name: str
    unit: str
    rate: float
    peer: float = 0.0
    goal: float = 0.0


def processor_time(call: Callable[[], Any]) -> float:
    """Return the processor time of one call in seconds."""
    begin = time.process_time_ns()
    call()
    return (time.process_time_ns() - begin) / 1e9


def best_time(
    call: Callable[[], Any], *, seconds: float = 1.0, minimum_calls: int = 3
) -> float:
    """Return the shortest processor time of a call, in about `seconds` of calls.

    Processor time excludes the time of other processes. The shortest of many calls is the one
    least affected by their use of caches and memory. A first call, for compilation and warm
    caches, does not count.
    """
    call()
    best, total, calls = float("inf"), 0.0, 0
    while calls < minimum_calls or total < seconds:
        elapsed = processor_time(call)
        best, total, calls = min(best, elapsed), total + elapsed, calls + 1
    return best


def best_times(
    calls: dict[str, Callable[[], Any]],
    *,
    turns: int,
    measure: Callable[[Callable[[], Any]], float] = processor_time,
) -> dict[str, float]:
    """Return the shortest time of each of several calls, which take turns.

    All calls thus meet the fast and slow periods of the machine alike.

    Parameters
    ----------
    calls : dict of str to callable
    turns : int
        How often each call is measured.
    measure : callable
        Returns the time of a call in one turn.
    """
    best = dict.fromkeys(calls, float("inf"))
    for _ in range(turns):
        for name, call in calls.items():
            best[name] = min(best[name], measure(call))
    return best


def report(title: str, measurements: list[Measurement], file: Path | None = None) -> None:
    """Print the measurements as a table and, with `file`, write them as JSON."""
    table = Table(title=title)
    for heading in ("", "rate", "goal", "peer", "ratio", "unit"):
        table.add_column(heading, justify="right" if heading not in ("", "unit") else "left")
    for m in measurements:
        goal = f"[{'green' if m.rate >= m.goal else 'red'}]{m.goal:.1e}" if m.goal else ""
        peer = (f"{m.peer:.2e}", f"{m.rate / m.peer:,.1f}") if m.peer else ("", "")
        table.add_row(m.name, f"{m.rate:.2e}", goal, *peer, m.unit)
    Console(width=max(100, Console().width)).print(table)
    if file is not None:
        content = {
            "title": title,
            "machine": platform.processor() or platform.machine(),
            "python": platform.python_version(),
            "numpy": np.__version__,
            "numba": numba.__version__,
            "measurements": [dataclasses.asdict(m) for m in measurements],
        }
        file.write_text(json.dumps(content, indent=2) + "\n")


def main(title: str, measure: Callable[[], list[Measurement]]) -> None:
    """Run a benchmark from the command line: ``[--json FILE]``."""
    parser = argparse.ArgumentParser(description=title)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the measurements")
    arguments = parser.parse_args()
    report(title, measure(), arguments.json)
