"""Build a bench once, run it under cocotb as often as wanted."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..tools import (
    ToolError,
    cache_directory,
    check_simulator,
    environment,
    find_simulator,
    require,
    run_tool,
    version,
)
from .bench import Bench
from .build_cache import OBJECTS, made, place

__all__ = ["build", "simulate"]

# Verilator's own objects, the same for every bench and most of its build.
RUNTIME = ("verilated.o", "verilated_dpi.o", "verilated_threads.o", "verilated_vpi.o")


# Beyond this many characters of Verilog an optimizing compiler takes minutes, and the
# simulation spends its time on the buses anyway.
OPTIMIZED = 100_000


def _verilator(optimized: bool) -> list[list[str]]:
    import cocotb_tools.config

    share, libraries = cocotb_tools.config.share_dir, cocotb_tools.config.libs_dir
    return [
        [
            *(str(find_simulator("verilator")), "--cc", "--exe", "--vpi"),
            *("--top-module", "bench", "--prefix", "Vtop", "-o", "bench", "--Mdir", "."),
            *("-Wno-fatal", "-Wno-lint", "-Wno-style", "--timescale", "1ns/1ps"),
            *("-LDFLAGS", f"-Wl,-rpath,{libraries} -L{libraries} -lcocotbvpi_verilator"),
            *(str(share / "lib" / "verilator" / "verilator.cpp"), "bench.v"),
        ],
        [
            *("make", "-j", str(os.cpu_count() or 1), "-f", "Vtop.mk"),
            # The PyPI wheel leaves this empty, and the build then stops at its first header.
            "CFG_CXXFLAGS_PCH_I=-include",
            # The default is -Os, and much of a run is spent here, in the files of the buses.
            "OPT_GLOBAL=-O3",
            f"OPT_FAST={'-O1' if optimized else '-O0'}",
        ],
    ]


def _icarus() -> list[list[str]]:
    program = str(find_simulator("icarus"))
    return [[program, "-g2005", "-s", "bench", "-f", "cmds.f", "-o", "sim.vvp", "bench.v"]]


FILES: dict[str, dict[str, str]] = {
    "verilator": {},
    "icarus": {"cmds.f": "+timescale+1ns/1ps\n"},
}


def build(verilog: str, simulator: str) -> Path:
    """Build a bench, or find the build of the same text, flags and versions.

    Parameters
    ----------
    verilog : str
        The text whose top module is ``bench``.
    simulator : {"verilator", "icarus"}

    Returns
    -------
    pathlib.Path
        The build's directory in the cache; never a half-finished one.

    Raises
    ------
    ToolError
        If the simulator is missing or rejects the text.
    """
    check_simulator(simulator)
    require("cocotb", "sim")
    if simulator == "verilator" and " " in str(cache_directory().resolve()):
        raise ToolError(
            f"make cannot build in the cache directory {cache_directory()} because of the "
            "space in its path: set GOLDSTREAM_CACHE to another"
        )
    optimized = len(verilog) < OPTIMIZED
    commands = _verilator(optimized) if simulator == "verilator" else _icarus()
    facts = [FILES[simulator], version("cocotb"), version("verilator"), sys.version]
    # Verilator's own objects do not depend on how the bench is compiled.
    runtime = place(f"{simulator}/runtime", json.dumps([_verilator(True), *facts]))

    def make(directory: Path) -> None:
        for name, text in {"bench.v": verilog, **FILES[simulator]}.items():
            (directory / name).write_text(text)
        for command in commands:
            if command[0] == "make" and runtime.exists():
                _copy_runtime(runtime, directory)
            run_tool(command, directory)
        if simulator == "verilator":
            made(runtime, lambda empty: _copy_runtime(directory, empty))

    return made(place(simulator, json.dumps([commands, *facts]), verilog), make, OBJECTS)


def _copy_runtime(source: Path, target: Path) -> None:
    for name in RUNTIME:
        shutil.copyfile(source / name, target / name)


def run_cocotb(
    directory: Path, simulator: str, test_module: str, work: Path, extra: dict[str, str]
) -> None:
    """Run a cocotb test module on a build; `extra` goes into its environment.

    Raises
    ------
    ToolError
        If the simulation stops before its end; the sentence has the last of its log.
    """
    from cocotb_tools.runner import get_runner

    log = work / "log.txt"
    kept = dict(os.environ)
    os.environ.update(environment())
    # The simulator runs elsewhere, where a relative entry of the path means something else.
    root = str(Path(__file__).resolve().parent.parent)
    sys.path.append(root)
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
        tail = log.read_text()[-2000:] if log.exists() else str(error)
        raise ToolError(f"{simulator} stopped:\n{tail}") from None
    finally:
        sys.path.remove(root)
        os.environ.clear()
        os.environ.update(kept)


def simulate(
    bench: Bench, stimulus: NDArray[np.uint8], simulator: str = "verilator"
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Apply a packed stimulus, one row a cycle, and return the packed response.

    Returns
    -------
    response, unknown : uint8 array ``[cycles, ceil(bits / 8)]``
        Values of the response bus, and which of its bits were neither 0 nor 1.
    """
    directory = build(bench.verilog(), simulator)
    with tempfile.TemporaryDirectory(prefix="goldstream-") as scratch:
        work = Path(scratch)
        bench.write_stimulus(work, stimulus)
        edges = len(stimulus) + 1
        run_cocotb(
            directory,
            simulator,
            "sim.simulation.driver",
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
