"""Synthesis of many circuits, as many at once as there are processors."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from pathlib import Path

from fixedpoint.circuit import Circuit, check_integer

from ..catalog import catalog, entry_of
from ..entry import Entry
from ..tools import require
from .figures import Figures
from .sources import emitted
from .synthesize import Settings, synthesize_entry
from .targets import TARGETS, find_target
from .tools import check_tools
from .workload import CYCLES, Workload

__all__ = ["LIMIT", "PERIOD", "synthesize", "synthesize_many"]

PERIOD = 10.0
LIMIT = 600.0
# Thirty years, which a shell can count.
LONGEST = 10**9

# A tool takes some hundred megabytes.
MOST_AT_ONCE = 8

# Circuits whose Verilog is emitted by one start of Yosys.
BATCH = 12


def synthesize(circuit: Circuit | Entry | str, target: str = "ecp5") -> Figures:
    """Return the figures of one circuit.

    Parameters
    ----------
    circuit : str, Entry or Circuit
        A name or an entry stands for its default parameters.
    target : str
        ``ecp5``, ``ice40``, ``gowin``, ``xilinx7``, ``osu018``, ``generic``, or ``lut4`` for
        the LUTs of no device.

    Raises
    ------
    ValueError
        If the name or the target is unknown.
    ToolError
        If a tool is missing or fails.
    """
    return synthesize_many([circuit], target)[0][0]


def synthesize_many(
    circuits: Sequence[Circuit | Entry | str] | None = None,
    target: str = "ecp5",
    *,
    period: float = PERIOD,
    cycles: int = CYCLES,
    seed: int = 1,
    limit: float = LIMIT,
    workload: Callable[[Circuit], Workload] | None = None,
    progress: Callable[[str, float], None] = lambda stage, done: None,
) -> list[tuple[Figures, Path]]:
    """Synthesize circuits with their default parameters.

    Parameters
    ----------
    circuits : sequence of str, Entry or Circuit, optional
        By default the whole catalogue.
    target : str
    period : float
        Nanoseconds of a clock cycle, for the power.
    cycles, seed : int
        Length and seed of the stimulus whose transitions are counted.
    limit : float
        Seconds of processor time for each tool on one circuit, at most 10^9. What a tool does
        not reach is missing in the figures, and their note says so.
    workload : callable, optional
        Makes the workload of a circuit, by default that of its entry. Only standard cells have
        an activity.
    progress : callable
        Called with a stage's name and the fraction done.

    Returns
    -------
    list of (Figures, pathlib.Path)
        In the order of the circuits: the figures, and the folder of netlist and activity.

    Raises
    ------
    ValueError
        If a name or the target is unknown, a number is out of range, or a workload is given for
        an FPGA.
    ToolError
        If a tool is missing, or fails on the only circuit. Of several circuits those that fail
        have rows whose note says why.
    """
    if not 0.001 <= period <= 1e6:
        raise ValueError(f"clock period must be between 0.001 and 1000000 ns, not {period:g}")
    if not 0 < limit <= LONGEST:
        raise ValueError(f"time limit must be above 0 and at most {LONGEST} s, not {limit:g}")
    settings = Settings(
        target=find_target(target),
        period=float(period),
        cycles=check_integer("cycles", cycles, 3, 10**6),
        seed=check_integer("seed", seed, 0, 2**63 - 1),
        limit=float(limit),
    )
    if workload is not None and settings.target.is_fpga:
        cells = " or ".join(t.name for t in TARGETS.values() if not t.is_fpga)
        raise ValueError(f"activity needs target {cells}, not {settings.target.name}")
    given = catalog() if circuits is None else [entry_of(circuit) for circuit in circuits]
    entries = tuple(dict.fromkeys(given))
    require("amaranth", "rtl")
    check_tools(settings.target)
    progress("emitting Verilog", 0.0)
    waiting: dict[Future[tuple[Figures, Path]], Entry] = {}
    workers = min(os.cpu_count() or 1, MOST_AT_ONCE, len(entries))
    with ThreadPoolExecutor(max(workers, 1)) as pool:
        try:
            # Tools work on the first circuits while the next ones are emitted.
            for begin in range(0, len(entries), BATCH):
                batch = entries[begin : begin + BATCH]
                for entry, verilog in zip(batch, emitted(batch), strict=True):
                    own = workload and workload(entry.default)
                    future = pool.submit(synthesize_entry, entry, verilog, settings, own)
                    waiting[future] = entry
                done = sum(future.done() for future in waiting)
                progress(f"{done} of {len(entries)} circuits", done / len(entries))
            results = {}
            for done, future in enumerate(as_completed(waiting), 1):
                entry = waiting[future]
                try:
                    results[entry] = future.result()
                except ValueError as error:
                    if len(entries) == 1:
                        raise
                    results[entry] = _failed(entry, settings, error), Path()
                progress(f"{done} of {len(entries)} circuits", done / len(entries))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    progress("done", 1.0)
    return [results[entry] for entry in given]


def _failed(entry: Entry, settings: Settings, error: ValueError) -> Figures:
    """Return a row that says why one of many circuits has no figures."""
    return Figures(
        name=entry.name,
        target=settings.target.name,
        process=settings.target.process,
        parameters=entry.default.to_dict(),
        note=str(error).splitlines()[0],
        failed=True,
    )
