"""The files of a circuit on a board."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fixedpoint.circuit import Circuit, check_integer
from fixedpoint.circuit.files import check_directory, writing

from ..checks.golden_vectors import Vectors, golden_vectors
from ..entry import Entry
from ..scoreboard.lanes import pack_bytes
from ..tools import require
from .bitstream import build_bitstream
from .board_list import find_board

__all__ = ["RATES", "emit_board", "vector_lines"]

# Seconds of silence after which the board forgets an unfinished command.
PATIENCE = 0.5
# Rates that the host's program can set on Linux.
RATES = (
    *(300, 600, 1200, 1800, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800),
    *(500000, 576000, 921600, 1000000, 1152000, 1500000, 2000000, 2500000, 3000000, 3500000),
    4000000,
)


def emit_board(
    entry: Entry,
    directory: Path,
    board: str,
    *,
    parameters: Circuit | None = None,
    baud: int = 115200,
    cycles: int | None = None,
    seed: int = 1,
    progress: Callable[[str, float], None] = lambda stage, done: None,
) -> tuple[dict[str, Path], dict[str, Any]]:
    """Write a bitstream of a circuit behind a UART, and a program that checks the board.

    Parameters
    ----------
    entry : Entry
    directory : pathlib.Path
        Created if missing.
    board : str
        See `find_board`.
    parameters : Circuit, optional
        By default those of the entry.
    baud : int
        Rate of the UART, one of `RATES`.
    cycles, seed : int
        Of the golden vectors; see `golden_vectors`.
    progress : callable
        Called with a stage's name and the fraction done.

    Returns
    -------
    files : dict of str to pathlib.Path
        ``"bitstream"``, ``"description"``, ``"host"`` and ``"vectors"``.
    facts : dict
        What the description says.

    Raises
    ------
    ValueError
        If the board is unknown, too small or too slow, or a number is out of range.
    ToolError
        If a tool is missing or fails.
    """
    if check_integer("baud", baud, 0, 2**63 - 1) not in RATES:
        known = f"{', '.join(map(str, RATES[:-1]))} or {RATES[-1]}"
        raise ValueError(f"baud must be a rate of serial ports, {known}, not {baud}")
    if cycles is not None:
        cycles = check_integer("cycles", cycles, 1, 10**6)
    seed = check_integer("seed", seed, 0, 2**63 - 1)
    require("amaranth", "rtl")
    from rtl.component import create
    from rtl.verilog import check_size, convert
    from rtl.wrappers.board_top import BoardTop
    from rtl.wrappers.stream_core import check_stream
    from rtl.wrappers.uart import bit_cycles
    from rtl.wrappers.uart_link import UartLink

    full_name, platform = find_board(board)
    circuit = entry.default if parameters is None else parameters
    check_size(circuit)
    check_stream(circuit)
    clock = platform.default_clk_frequency
    bit = bit_cycles(clock, baud)
    progress("emitting Verilog", 0.0)
    check_directory(directory)
    ports = [port.name for port in circuit.interface]
    body = convert({entry.name: (create(circuit), ports)})[entry.name]
    digest = hashlib.sha256(body.encode()).hexdigest()
    link = UartLink(circuit, digest, bit, int(clock * PATIENCE))
    progress("running the golden model", 0.05)
    vectors = golden_vectors(entry, circuit, cycles, seed)
    built = build_bitstream(platform, BoardTop(link), entry.name, progress)
    facts = {
        "name": entry.name,
        "board": full_name,
        "device": platform.device,
        "clock_mhz": clock / 1e6,
        "fmax_mhz": round(built.fmax_mhz, 2),
        "cells": built.cells,
        "cells_of_device": built.all_cells,
        "baud": baud,
        "cycles": vectors.cycles,
        "digest": digest,
        "parameters": circuit.to_dict(),
        "input": [field.describe() for field in link.core.inputs],
        "output": [field.describe() for field in link.core.outputs],
    }
    stem = f"{entry.name}_{full_name}"
    host = Path(__file__).with_name("host.py").read_bytes()
    contents = {
        "bitstream": (f"{stem}.{built.suffix}", built.bitstream),
        "description": (f"{stem}.json", f"{json.dumps(facts, indent=2)}\n".encode()),
        "host": (f"{stem}_host.py", host),
        "vectors": (f"{stem}.vec", "".join(vector_lines(link, vectors, baud)).encode()),
    }
    written = {}
    for role, (name, content) in contents.items():
        written[role] = directory / name
        with writing(written[role], "wb") as file:
            file.write(content)
    return written, facts


def vector_lines(link: Any, vectors: Vectors, baud: int) -> list[str]:
    """Return the lines of a file of vectors for the host.

    A cycle that is not enabled changes nothing, so the host leaves it out.
    """
    facts = {
        "baud": baud,
        "input_bytes": link.input_bytes,
        "output_bytes": link.output_bytes,
        "digest": link.digest.hex(),
    }
    lines = [f"# {name} {value}\n" for name, value in facts.items()]
    run = vectors.run
    sent = _words(link.core.inputs, run.inputs, vectors.cycles)
    expected = _words(link.core.outputs, vectors.outputs, vectors.cycles)
    for t in range(vectors.cycles):
        if run.rst[t]:
            lines.append("reset\n")
        elif run.enable[t] or not vectors.parameters.sequential:
            lines.append(f"{sent[t].tobytes().hex()} {expected[t].tobytes().hex()}\n")
    return lines


def _words(fields: Any, values: Any, cycles: int) -> NDArray[np.uint8]:
    """Return the words of a run, one row of bytes for each cycle."""
    if not fields:
        return np.zeros((cycles, 1), np.uint8)
    parts = [
        pack_bytes(values[f.port.name], f.port.width, sign_extend=f.signed) for f in fields
    ]
    return np.concatenate(parts, axis=1)
