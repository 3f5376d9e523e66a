"""Synthesis, placement, routing and packing of a design for a board, by the open tools."""

from __future__ import annotations

import dataclasses
import json
import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..interrupts import scratch_folder
from ..tools import ToolError, environment, run_tool

__all__ = ["Built", "build_bitstream"]

# Amaranth's names of the tools, as variables of its build script.
TOOL = re.compile(r'^"?\$\{?(\w+)\}?"? ')

# ABC of some versions of Yosys stops on hierarchical designs with unused nets.
PREPARE = "hierarchy -top top; proc; flatten; opt_clean -purge"

# How nextpnr says that a design does not fit, and how much of each resource it takes.
UTILISATION = re.compile(r"^Info:\s+(\w+):\s+(\d+)\s*/\s*(\d+)", re.MULTILINE)

# What the tools do, and when in the whole work they begin.
STAGES = (("synthesizing", 0.1), ("placing and routing", 0.4), ("packing", 0.9))

# What nextpnr calls logic cells.
CELLS = ("ICESTORM_LC", "TRELLIS_COMB")


@dataclasses.dataclass(frozen=True)
class Built:
    """A bitstream and the facts about it.

    Attributes
    ----------
    bitstream : bytes
    suffix : str
        Of its file: ``bit`` or ``bin``.
    fmax_mhz : float
        The highest clock frequency of the placed and routed design.
    cells, all_cells : int
        Logic cells that it takes, and that the device has.
    """

    bitstream: bytes
    suffix: str
    fmax_mhz: float
    cells: int
    all_cells: int


def build_bitstream(
    platform: Any,
    design: Any,
    name: str,
    progress: Callable[[str, float], None] = lambda stage, done: None,
) -> Built:
    """Place and route a design and pack it.

    Parameters
    ----------
    platform : amaranth.build.Platform
        Of Lattice ECP5 or iCE40.
    design : Elaboratable
        It requests its pins from the platform.
    name : str
        Of the circuit, for messages.
    progress : callable
        Called with a stage's name and the fraction done.

    Raises
    ------
    ToolError
        If a tool is missing or fails.
    ValueError
        If the device is too small or too slow.
    """
    plan = platform.prepare(
        design,
        "top",
        script_after_read=PREPARE,
        nextpnr_opts="--report report.json --timing-allow-fail --seed 1",
    )
    commands = [
        _command(line) for line in plan.files["build_top.sh"].splitlines() if TOOL.match(line)
    ]
    with scratch_folder() as work:
        for path, content in plan.files.items():
            mode = "w" if isinstance(content, str) else "wb"
            with (work / path).open(mode) as file:
                file.write(content)
        for stage, command in zip(STAGES, commands, strict=True):
            progress(*stage)
            try:
                run_tool(command, work)
            except ToolError:
                _check_room(work / "top.tim", platform, name)
                raise
        return _result(work, platform, name)


def _command(line: str) -> list[str]:
    tool, *arguments = shlex.split(line)
    program = f"yowasp-{tool.strip('${}').lower().replace('_', '-')}"
    place = shutil.which(program, path=environment()["PATH"])
    if place is None:
        raise ToolError(f"{program} is not installed: pip install 'goldstream[board]'")
    return [place, *arguments]


def _check_room(log: Path, platform: Any, name: str) -> None:
    """Raise a ValueError if placement failed because the device is too small."""
    text = log.read_text() if log.is_file() else ""
    for resource, used, there in UTILISATION.findall(text):
        if int(used) > int(there):
            raise ValueError(
                f"{name} does not fit: it needs {used} {resource}, and the "
                f"{platform.device} of the board has {there}"
            )


def _result(work: Path, platform: Any, name: str) -> Built:
    report = json.loads((work / "report.json").read_text())
    clock = platform.default_clk_frequency / 1e6
    fmax = min((entry["achieved"] for entry in report["fmax"].values()), default=clock)
    if fmax < clock:
        raise ValueError(
            f"{name} reaches {fmax:.1f} MHz, but the clock of the board has {clock:g} MHz"
        )
    cells = next(report["utilization"][cell] for cell in CELLS if cell in report["utilization"])
    (path,) = [p for p in work.glob("top.bi*") if p.suffix in (".bit", ".bin")]
    return Built(
        path.read_bytes(), path.suffix[1:], fmax, int(cells["used"]), int(cells["available"])
    )
