"""Synthesis of a circuit: Verilog in, figures out, once for each recipe."""

from __future__ import annotations

import csv
import dataclasses
import functools
import hashlib
import json
import shutil
import time
from pathlib import Path
from typing import Any

import numpy as np

from ..entry import Entry
from ..simulation.build_cache import build_directory, build_once
from ..tools import TimeLimitError
from .activity import Activity, measure_activity
from .assignments import single_bits
from .figures import Figures
from .gate_netlist import read_netlist
from .harness import harness
from .place_and_route import place_and_route
from .sources import circuit_digest
from .static_timing import time_netlist
from .targets import Target
from .tools import cell_library, tool_versions
from .workload import CYCLES, Workload, entry_workload
from .yosys import NETLIST, Mapped, cell_script, fpga_script, map_circuit, read_json

__all__ = ["ACTIVITY", "Settings", "synthesize_entry"]

RESULT = "figures.json"
ACTIVITY = "activity.csv"

# The cell of the library whose area is one gate equivalent.
NAND2 = {"osu018": "NAND2X1", "generic": "NAND2"}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """Settings of a synthesis.

    Attributes
    ----------
    target : Target
    period : float
        Nanoseconds of a clock cycle, for the power.
    cycles, seed : int
        Length and seed of the stimulus whose transitions are counted.
    limit : float
        Seconds of processor time for each tool on one circuit.
    """

    target: Target
    period: float = 10.0
    cycles: int = CYCLES
    seed: int = 1
    limit: float = 600.0


# The modules of this package that shape activity and power.
POWER_MODULES = (
    *("activity", "exact_power", "gate_netlist", "lane_words", "static_timing"),
    "workload",
)


class _UnfinishedError(Exception):
    """A tool met its time limit; `figures` are those that were found before."""

    def __init__(self, figures: Figures) -> None:
        self.figures = figures


def synthesize_entry(
    entry: Entry, verilog: str, settings: Settings, workload: Workload | None = None
) -> tuple[Figures, Path]:
    """Synthesize an entry's default parameters, unless the cache has the figures.

    Parameters
    ----------
    entry : Entry
    verilog : str
        Its Verilog; the top module has the entry's name.
    settings : Settings
    workload : Workload, optional
        By default the entry's stimulus.

    Returns
    -------
    figures : Figures
    folder : pathlib.Path
        For standard cells it holds the netlist and the activity of its nets.

    Raises
    ------
    ToolError
        If a tool fails.
    ValueError
        If no net ever changes.
    """
    recipe = _recipe(entry, verilog, settings, workload)
    complete = build_directory("synthesis", recipe)
    limited = build_directory("synthesis", recipe, str(settings.limit))
    if not complete.exists() and limited.exists():
        return _read(limited, settings.target)
    keep = (RESULT, NETLIST, ACTIVITY)
    try:
        build_once(complete, lambda f: _write(f, entry, verilog, settings, workload), keep)
    except _UnfinishedError as unfinished:
        text = json.dumps(unfinished.figures.to_dict())
        build_once(limited, lambda folder: (folder / RESULT).write_text(text))
        return _read(limited, settings.target)
    return _read(complete, settings.target)


def _read(folder: Path, target: Target) -> tuple[Figures, Path]:
    found = read_json(folder / RESULT)
    return Figures(**{**found, "process": target.process}), folder


def _recipe(entry: Entry, verilog: str, settings: Settings, workload: Workload | None) -> str:
    """Return everything on which the figures depend."""
    target = settings.target
    own = dataclasses.asdict(target)
    del own["process"], own["note"]
    facts: dict[str, Any] = {"target": own, "tools": tool_versions(target), "verilog": verilog}
    if target.is_fpga:
        around = harness(entry.default, entry.name, target) if target.router else ""
        return json.dumps(facts | {"script": fpga_script(target, entry.name) + around})
    digest = None if workload is not None else circuit_digest(entry)
    if digest is None:
        given = workload or entry_workload(entry, settings.cycles, settings.seed)
        hashed = hashlib.sha256(given.rst.tobytes() + given.enable.tobytes())
        for name, values in given.streams.items():
            hashed.update(name.encode() + np.ascontiguousarray(values).tobytes())
        digest = hashed.hexdigest()
    return json.dumps(
        facts
        | {
            "script": cell_script(entry.name, bool(target.constraints)),
            "goldstream": _power_digest(),
            "activity": digest,
            "period": settings.period,
            "cycles": settings.cycles,
            "seed": settings.seed,
        }
    )


@functools.cache
def _power_digest() -> str:
    """Return the digest of the modules that count transitions and ask for power."""
    folder = Path(__file__).parent
    texts = [(folder / f"{name}.py").read_bytes() for name in POWER_MODULES]
    return hashlib.sha256(b"\0".join(texts)).hexdigest()


def _write(
    folder: Path,
    entry: Entry,
    verilog: str,
    settings: Settings,
    workload: Workload | None,
) -> None:
    """Fill a directory of the cache."""
    start = time.monotonic()
    (folder / "circuit.v").write_text(verilog)
    figures = Figures(
        name=entry.name,
        target=settings.target.name,
        process=settings.target.process,
        parameters=entry.default.to_dict(),
    )
    on_target = _on_fpga if settings.target.is_fpga else _on_cells
    try:
        figures = on_target(folder, entry, settings, workload, figures)
    except _UnfinishedError as unfinished:
        spent = time.monotonic() - start
        unfinished.figures = dataclasses.replace(unfinished.figures, seconds=spent)
        raise
    figures = dataclasses.replace(figures, seconds=time.monotonic() - start)
    (folder / RESULT).write_text(json.dumps(figures.to_dict()))


def _map(folder: Path, script: str, settings: Settings, figures: Figures) -> Mapped:
    try:
        return map_circuit(script, folder, settings.limit)
    except TimeLimitError:
        note = f"not synthesized within {settings.limit:g} s"
        raise _UnfinishedError(dataclasses.replace(figures, note=note)) from None


def _on_fpga(
    folder: Path, entry: Entry, settings: Settings, _: Workload | None, figures: Figures
) -> Figures:
    target = settings.target
    if target.router:
        (folder / "harness.v").write_text(harness(entry.default, entry.name, target))
    mapped = _map(folder, fpga_script(target, entry.name), settings, figures)
    resources: dict[str, Any] = {**target.resources(mapped.cells)}
    figures = dataclasses.replace(figures, cells=mapped.cells, **resources)
    if not target.router:
        return dataclasses.replace(figures, note="synthesis only")
    luts = resources["lut"] + 2 * resources["carry"]
    try:
        fmax, note = place_and_route(target, folder, luts, settings.limit)
    except TimeLimitError:
        note = f"not placed and routed within {settings.limit:g} s"
        raise _UnfinishedError(dataclasses.replace(figures, note=note)) from None
    return dataclasses.replace(figures, fmax_mhz=fmax, note=note)


def _on_cells(
    folder: Path,
    entry: Entry,
    settings: Settings,
    workload: Workload | None,
    figures: Figures,
) -> Figures:
    target = settings.target
    shutil.copyfile(cell_library(target), folder / "cells.lib")
    (folder / "cells.constr").write_text(target.constraints)
    script = cell_script(entry.name, bool(target.constraints))
    mapped = _map(folder, script, settings, figures)
    verilog = (folder / NETLIST).read_text()
    (folder / NETLIST).write_text(single_bits(verilog))
    unit = float(
        read_json(folder / "cells.json")["modules"][NAND2[target.name]]["attributes"]["area"]
    )
    area = mapped.area or 0.0
    figures = dataclasses.replace(
        figures,
        cells=mapped.cells,
        ff=sum(count for kind, count in mapped.cells.items() if kind.startswith("DFF")),
        gate_equivalents=area / unit,
        area_um2=area if target.name == "osu018" else None,
    )
    given = workload or entry_workload(entry, settings.cycles, settings.seed)
    netlist = read_netlist(folder, entry.name)
    activity = measure_activity(entry.name, entry.default, netlist, given)
    _write_activity(folder / ACTIVITY, activity)
    figures = dataclasses.replace(
        figures, toggles_per_cycle=activity.per_cycle, workload=given.source
    )
    if target.name != "osu018":
        return figures
    clocked = entry.default.sequential
    try:
        timing = time_netlist(
            folder, entry.name, activity, settings.period, clocked, settings.limit
        )
    except TimeLimitError:
        note = f"not timed within {settings.limit:g} s"
        raise _UnfinishedError(dataclasses.replace(figures, note=note)) from None
    return dataclasses.replace(
        figures,
        fmax_mhz=timing.fmax_mhz,
        power_mw=timing.power_mw,
        energy_pj=timing.power_mw * settings.period,
        period_ns=settings.period,
    )


def _write_activity(path: Path, activity: Activity) -> None:
    """Write the transitions of every net, for a power tool of the user's."""
    with path.open("w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["pin", "transitions_per_cycle", "fraction_of_ones"])
        for pin, (rate, duty) in activity.pins.items():
            table.writerow([pin, f"{rate:.9g}", f"{duty:.9g}"])
