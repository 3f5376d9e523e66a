"""Build a bench once and run it under cocotb."""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..interrupts import check_interrupted, scratch_folder
from ..tools import (
    ToolError,
    check_simulator,
    find_simulator,
    require,
    run_tool,
    version,
)
from .bench import Bench
from .build_cache import build_directory, build_once
from .verilated_code import compile_model, compile_source, link, toolchain, verilate

__all__ = ["build", "run_cocotb", "simulate"]

# The parts of Verilator's library that a model with VPI needs, and their optimization. The
# first one reads and writes the files of the buses, where much of a run is spent.
LIBRARY = {
    "verilated": "-O2",
    "verilated_dpi": "-O0",
    "verilated_threads": "-O0",
    "verilated_vpi": "-O0",
}

# An optimizing compiler costs more than it saves in a run of fewer cycles. Beyond so many
# characters of Verilog it takes minutes, and the simulation spends its time on the buses.
LONG_RUN = 100_000
MOST_OPTIMIZED = 100_000

DRIVERS = Path(__file__).parent / "drivers"
_path_lock = threading.Lock()


def build(verilog: str, simulator: str, *, optimized: bool = False) -> Path:
    """Build a bench unless a build of the same text, flags and versions exists.

    Parameters
    ----------
    verilog : str
        The text; its top module is ``bench``.
    simulator : {"verilator", "icarus"}
    optimized : bool
        Whether the compiler optimizes Verilator's code.

    Returns
    -------
    pathlib.Path
        The build's directory in the cache. It is never half filled.

    Raises
    ------
    ToolError
        If the simulator is missing or rejects the text.
    """
    check_simulator(simulator)
    require("cocotb", "sim")
    if simulator == "icarus":
        return _build_icarus(verilog)
    return _build_verilator(verilog, "-O1" if optimized else "-O0")


def _build_icarus(verilog: str) -> Path:
    program = str(find_simulator("icarus"))
    files = {"bench.v": verilog, "cmds.f": "+timescale+1ns/1ps\n"}
    command = [program, "-g2012", "-s", "bench", "-f", "cmds.f", "-o", "sim.vvp", "bench.v"]

    def make(directory: Path) -> None:
        for name, text in files.items():
            (directory / name).write_text(text)
        run_tool(command, directory)

    facts = json.dumps([command, files["cmds.f"], version("cocotb"), sys.version])
    return build_once(build_directory("icarus", facts, verilog), make)


def _build_verilator(verilog: str, level: str) -> Path:
    import cocotb_tools.config

    libraries = cocotb_tools.config.libs_dir
    program = cocotb_tools.config.share_dir / "lib" / "verilator" / "verilator.cpp"
    facts = json.dumps([toolchain(), LIBRARY, version("cocotb"), sys.version])

    def make(directory: Path) -> None:
        (directory / "bench.v").write_text(verilog)
        verilate(directory, "bench", "Vtop", "--vpi", "--timescale", "1ns/1ps", "bench.v")
        # cocotb's program knows the model by its header alone, which is mostly the same.
        header = (directory / "Vtop.h").read_text()
        main = build_directory("verilator/main", facts, header)
        build_once(
            main,
            lambda empty: compile_source(program, "-O1", empty, f"-I{directory}"),
        )
        link(
            directory,
            "bench",
            [*compile_model(directory, level, LIBRARY), f"{main}/verilator.o"],
            *(f"-Wl,-rpath,{libraries}", f"-L{libraries}", "-lcocotbvpi_verilator"),
        )

    directory = build_directory("verilator/bench", facts, level, verilog)
    return build_once(directory, make, ("bench", "bench.v"))


def run_cocotb(
    directory: Path, simulator: str, test_module: str, work: Path, extra: dict[str, str]
) -> None:
    """Run a cocotb test module on a build; `extra` goes into its environment.

    Raises
    ------
    ToolError
        If the simulation stops before its end; the message ends with its log.
    """
    from cocotb_tools.runner import get_runner

    check_interrupted()
    log = work / "log.txt"
    with _path_lock:
        # The simulator's Python takes over this path. The directory holds nothing else.
        if str(DRIVERS) not in sys.path:
            sys.path.append(str(DRIVERS))
    try:
        get_runner(simulator).test(
            test_module=test_module,
            hdl_toplevel="bench",
            hdl_toplevel_lang="verilog",
            build_dir=directory,
            test_dir=work,
            results_xml=str(work / "results.xml"),
            log_file=log,
            extra_env={
                "COCOTB_LOG_LEVEL": "WARNING",
                # The driver asserts nothing, and rewriting every import costs seconds.
                "COCOTB_REWRITE_ASSERTION_FILES": "",
                **extra,
            },
        )
    except (SystemExit, Exception) as error:
        check_interrupted()
        tail = log.read_text()[-2000:] if log.exists() else str(error)
        raise ToolError(f"{simulator} stopped:\n{tail}") from None


def simulate(
    bench: Bench, stimulus: NDArray[np.uint64], simulator: str = "verilator"
) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Apply a stimulus bus, one row in each cycle, and return the response bus.

    Parameters
    ----------
    bench : Bench
    stimulus : uint64 array ``[cycles, words]``
        From `Bench.stimulus`.
    simulator : {"verilator", "icarus"}

    Returns
    -------
    response, unknown : uint64 array ``[cycles, words]``
        The response bus, and the bits of it that were neither 0 nor 1.

    Raises
    ------
    ToolError
        If the simulator is missing or stops before the end.
    """
    verilog = bench.verilog()
    optimized = len(stimulus) >= LONG_RUN and len(verilog) < MOST_OPTIMIZED
    directory = build(verilog, simulator, optimized=optimized)
    with scratch_folder() as work:
        bench.write_stimulus(work, stimulus)
        edges = len(stimulus) + 1
        run_cocotb(
            directory,
            simulator,
            "goldstream_driver",
            work,
            {"GOLDSTREAM_EDGES": str(edges)},
        )
        response, unknown = bench.read_response(work)
        if len(response) != len(stimulus):
            tail = (work / "log.txt").read_text()[-2000:]
            raise ToolError(
                f"{simulator} answered {len(response)} of {len(stimulus)} cycles:\n{tail}"
            )
        return response, unknown
