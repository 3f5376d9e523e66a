"""Timing that two runs on a busy machine agree on, and the report of it."""

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

__all__ = ["Measurement", "best", "main", "race", "report"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Measurement:
    """One line of a report.

    Attributes
    ----------
    name : str
    unit : str
        Of the rates: ``"bit-products/s"``.
    rate, peer : float
        Ours and the peer's, in the same run; a peer of 0 stands for none.
    goal : float
        The rate to reach; 0 for none.
    """

    name: str
    unit: str
    rate: float
    peer: float = 0.0
    goal: float = 0.0


def best(call: Callable[[], Any], *, seconds: float = 1.0, least: int = 3) -> float:
    """Return the least processor seconds of one call, over about `seconds` of calls.

    The time of other processes does not count, and the least of many has the fewest of
    their effects on caches and memory. One call beforehand compiles and warms up.
    """
    call()
    fastest, spent, calls = float("inf"), 0.0, 0
    while calls < least or spent < seconds:
        begin = time.process_time_ns()
        call()
        taken = (time.process_time_ns() - begin) / 1e9
        fastest, spent, calls = min(fastest, taken), spent + taken, calls + 1
    return fastest


def race(*calls: Callable[[], Any]) -> list[float]:
    """Return the least processor seconds of each of several calls, which take turns.

    So all see the machine's fast and slow moments alike. Each has twelve turns of about
    half a second.
    """
    turns = [[best(call, seconds=0.5) for call in calls] for _ in range(12)]
    return [min(times) for times in zip(*turns, strict=True)]


def report(title: str, measurements: list[Measurement], file: Path | None = None) -> None:
    """Print the measurements as a table and, if told where, write them as JSON."""
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
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    arguments = parser.parse_args()
    report(title, measure(), arguments.json)
