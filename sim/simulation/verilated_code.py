"""Translation of Verilog into C++ by Verilator, and compilation of the C++.

Verilator's makefile compiles its headers and its library anew for every model, which takes
most of the time of a small one. Here both are compiled once and kept in the cache.
"""

from __future__ import annotations

import functools
import json
import os
import platform
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ..interrupts import end_tools
from ..tools import find_simulator, run_tool, version
from .build_cache import build_directory, build_once

__all__ = [
    "compile_model",
    "compile_source",
    "include_directory",
    "library_object",
    "link",
    "toolchain",
    "verilate",
]

# Warnings concern those who write Verilog by hand. A cycle has no time for delays.
VERILATE = ("--cc", "--Mdir", ".", "-Wno-fatal", "-Wno-lint", "-Wno-style", "--no-timing")

# What Verilator's makefile defines for a model without traces, coverage and delays.
FLAGS = (
    *("-std=gnu++17", "-fPIC", "-w", "-DVERILATOR=1"),
    *(f"-DVM_{name}=0" for name in ("COVERAGE", "SC", "TIMING", "TRACE", "TRACE_FST")),
    *(f"-DVM_{name}=0" for name in ("TRACE_SAIF", "TRACE_VCD")),
)

# Characters of C++ in a compilation: the processors share a large model.
UNIT = 4_000_000


def verilate(directory: Path, top: str, prefix: str, *arguments: str) -> None:
    """Translate Verilog in a directory into C++.

    Parameters
    ----------
    directory : pathlib.Path
    top : str
        The top module.
    prefix : str
        The name of the C++ class.
    *arguments : str
        Further options, and the files.
    """
    program = str(find_simulator("verilator"))
    run_tool(
        [program, *VERILATE, "--top-module", top, "--prefix", prefix, *arguments], directory
    )


def toolchain() -> str:
    """Return what every build depends on: programs, flags and versions."""
    program = str(find_simulator("verilator"))
    facts = (program, version("verilator"), VERILATE, FLAGS, platform.machine())
    return json.dumps(facts)


def include_directory() -> Path:
    """Return the directory of Verilator's own C++."""
    return _include_directory(str(find_simulator("verilator")))


@functools.cache
def _include_directory(program: str) -> Path:
    return (
        Path(run_tool([program, "--getenv", "VERILATOR_ROOT"], Path.cwd()).strip()) / "include"
    )


def compile_source(source: Path, level: str, directory: Path, *arguments: str) -> str:
    """Compile one file into a directory and return the path of the object."""
    include = include_directory()
    target = str(directory / f"{source.stem}.o")
    paths = [f"-I{include}", f"-I{include}/vltstd"]
    run_tool(
        ["g++", level, *FLAGS, *arguments, *paths, "-c", str(source), "-o", target], directory
    )
    return target


def compile_model(directory: Path, level: str, library: Mapping[str, str]) -> list[str]:
    """Compile all C++ in a directory, and the parts of Verilator's library that it needs.

    Parameters
    ----------
    directory : pathlib.Path
        Where `verilate` has written.
    level : str
        How much the compiler optimizes the model, such as ``"-O1"``. What Verilator calls
        slow runs once, at the start, and is not optimized.
    library : mapping of str to str
        The names of the parts of Verilator's library, each with its optimization.

    Returns
    -------
    list of str
        The objects to link.
    """
    sources = sorted(directory.glob("*.cpp"))
    slow = [path for path in sources if level == "-O0" or "Slow" in path.name]
    fast = [path for path in sources if path not in slow]
    units = [(part, "-O0") for part in _units(slow)] + [(part, level) for part in _units(fast)]

    def compiled(number: int) -> str:
        part, optimization = units[number]
        unit = directory / f"unit{number}.cc"
        unit.write_text("".join(f'#include "{path.name}"\n' for path in part))
        headers = _precompiled_headers(optimization)
        return compile_source(unit, optimization, directory, "-include", str(headers), "-I.")

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        parts = [pool.submit(compiled, number) for number in range(len(units))]
        parts += [pool.submit(library_object, *part) for part in library.items()]
        try:
            return [part.result() for part in parts]
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            end_tools()
            raise


def _units(sources: list[Path]) -> list[list[Path]]:
    """Return the sources in groups of about `UNIT` characters."""
    units: list[list[Path]] = []
    size = UNIT
    for path in sources:
        if size >= UNIT:
            units.append([])
            size = 0
        units[-1].append(path)
        size += path.stat().st_size
    return units


def _precompiled_headers(level: str) -> Path:
    """Return a header with what every model includes; its compiled form lies beside it."""
    include = include_directory()

    def build(directory: Path) -> None:
        header = directory / "model.h"
        header.write_text('#include "verilated.h"\n#include "verilated_dpi.h"\n')
        paths = [f"-I{include}", f"-I{include}/vltstd"]
        run_tool(["g++", level, *FLAGS, *paths, "-x", "c++-header", "model.h"], directory)

    directory = build_directory("verilator/headers", toolchain(), level)
    return build_once(directory, build) / "model.h"


def library_object(name: str, level: str) -> str:
    """Compile a part of Verilator's library once, and return the path of the object."""
    source = include_directory() / f"{name}.cpp"
    directory = build_directory("verilator/library", toolchain(), name, level)
    build_once(directory, lambda empty: compile_source(source, level, empty))
    return str(directory / f"{name}.o")


def link(directory: Path, target: str, objects: Iterable[str], *arguments: str) -> None:
    """Link objects to a program or a shared library in a directory."""
    run_tool(["g++", *objects, *arguments, "-pthread", "-latomic", "-o", target], directory)
