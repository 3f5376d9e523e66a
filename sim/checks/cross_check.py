"""Cross-check: the emitted Verilog against the golden model, every bit of every cycle."""

from __future__ import annotations

import contextlib
import os
import queue
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from fixedpoint.circuit import Circuit, check_integer

from ..catalog import built_in, catalog, entry_of, file_of
from ..entry import Entry
from ..tools import check_simulator, require
from .entry_check import Settings
from .memory import check_memory
from .run_length import CYCLES, LANES
from .verification import Verification
from .worker import Worker, check_entries

__all__ = ["verify", "verify_many"]

SEED = 1

# Parameter sets whose Verilog is emitted at once: enough to share a start of Yosys, and few
# enough that all processors are busy to the end.
BATCH = 24

# Entries that are checked at once, as far as there are processors. Each needs some hundred
# megabytes.
MOST_WORKERS = 8

# Workers take a second to start, which fewer entries do not repay.
FEWEST_FOR_WORKERS = 4


def verify_many(
    circuits: Sequence[Circuit | Entry | str] | None = None,
    *,
    cycles: int = CYCLES,
    lanes: int = LANES,
    simulator: str = "verilator",
    seed: int = SEED,
    plant: int = 12,
    waveforms: Path | str | None = None,
    progress: Callable[[str, float], None] = lambda stage, done: None,
) -> list[Verification]:
    """Cross-check circuits, one bench for each entry.

    Parameters
    ----------
    circuits : sequence of str, Entry or Circuit, optional
        Names of the catalogue and entries, which are checked with their default and edge
        parameters, or single sets of parameters; by default the whole catalogue. An entry
        that is given twice is checked once.
    cycles, lanes : int
        The length of the stimulus, and how many instances stand side by side, each with
        its own stimulus.
    simulator : {"verilator", "icarus"}
    seed : int
        Of the stimulus. A circuit's stimulus depends on it and on its parameters alone.
    plant : int
        Most faults planted in each circuit; 0 for none.
    waveforms : pathlib.Path or str, optional
        Directory for the waveforms of mismatches; by default none are kept.
    progress : callable
        Called with a stage's name and the fraction done.

    Returns
    -------
    list of Verification

    Raises
    ------
    TypeError
        If there is no hardware for some parameters.
    ValueError
        If a name is unknown or a number is out of range.
    ToolError
        If the simulator is missing.
    """
    settings = Settings(
        cycles=check_integer("cycles", cycles, 1, 10**9),
        lanes=check_integer("lanes", lanes, 1, 4096),
        simulator=simulator,
        seed=check_integer("seed", seed, 0, 2**63 - 1),
        waveforms=None if waveforms is None else Path(waveforms),
    )
    plant = check_integer("number of faults", plant, 0, 1000)
    given = catalog() if circuits is None else map(entry_of, circuits)
    entries = tuple(dict.fromkeys(given))
    check_memory(entries, settings.cycles, settings.lanes)
    check_simulator(simulator)
    require("amaranth", "rtl")
    require("cocotb", "sim")

    progress("emitting Verilog", 0.0)
    results: dict[Entry, Verification] = {}
    with _checker(entries, settings, plant) as (pool, check):
        waiting = {pool.submit(check, batch): batch for batch in _batches(entries)}
        for future in as_completed(waiting):
            results |= zip(waiting[future], future.result(), strict=True)
            done = len(results)
            progress(f"{done} of {len(entries)} circuits checked", done / len(entries))
    progress("done", 1.0)
    return [results[entry] for entry in entries]


@contextlib.contextmanager
def _checker(
    entries: Sequence[Entry], settings: Settings, plant: int
) -> Iterator[tuple[ThreadPoolExecutor, Callable[[list[Entry]], list[Verification]]]]:
    """Yield threads, and the function that checks a batch of entries in one of them."""
    count = min(os.cpu_count() or 1, MOST_WORKERS, len(entries))
    known = {e for e in catalog() if e in built_in() or file_of(e) is not None}
    apart = count > 1 and len(entries) >= FEWEST_FOR_WORKERS and known.issuperset(entries)
    if not apart:
        # Amaranth and the models use one processor anyway; tools and kernels use them all.
        with ThreadPoolExecutor(1) as pool:
            yield pool, lambda batch: check_entries(batch, settings, plant)
        return
    workers = [Worker(settings, plant) for _ in range(count)]
    idle = queue.SimpleQueue[Worker]()
    for worker in workers:
        idle.put(worker)

    def check(batch: list[Entry]) -> list[Verification]:
        worker = idle.get()
        try:
            return worker.check([entry.name for entry in batch])
        finally:
            idle.put(worker)

    pool = ThreadPoolExecutor(count)
    try:
        yield pool, check
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for worker in workers:
            worker.stop()
        pool.shutdown()


def _batches(entries: Sequence[Entry]) -> Iterator[list[Entry]]:
    """Yield the entries in batches whose Verilog is emitted at once."""
    batch: list[Entry] = []
    for entry in entries:
        batch.append(entry)
        if sum(len(e.all) for e in batch) >= BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def verify(
    circuit: Circuit | Entry | str,
    *,
    cycles: int = CYCLES,
    lanes: int = LANES,
    simulator: str = "verilator",
    seed: int = SEED,
    plant: int = 12,
    waveforms: Path | str | None = None,
) -> Verification:
    """Cross-check one circuit: an entry, the name of one, or any circuit's parameters.

    Parameters are checked as those of the entry that has them or, failing that, of the first
    entry of their class. A class without an entry gets random stimulus.

    See `verify_many` for the other parameters and the errors.

    Returns
    -------
    Verification
    """
    return verify_many(
        [circuit],
        cycles=cycles,
        lanes=lanes,
        simulator=simulator,
        seed=seed,
        plant=plant,
        waveforms=waveforms,
    )[0]
