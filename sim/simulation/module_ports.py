"""A module of Verilog files: the preprocessed text, and the ports as a compiler sees them."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ..tools import ToolError, check_simulator, environment, find_simulator

__all__ = ["Module", "ModulePort", "read_module"]

# Warnings are the business of whoever wrote the Verilog; delays do not matter cycle by cycle.
VERILATOR = ("-Wno-fatal", "-Wno-lint", "-Wno-style", "--no-timing")

# Bits of the types that have no range.
BITS = {"bit": 1, "logic": 1, "byte": 8, "shortint": 16, "int": 32, "integer": 32}

MODULE = re.compile(r"\bmodule\s+(?:automatic\s+|static\s+)?(\w+)")
MEMORY_FILE = re.compile(r'(\$readmem[hb]\s*\(\s*)"([^"\n]+)"')


class ModulePort(NamedTuple):
    """A port: its direction, "in" or "out", and its bits."""

    direction: str
    bits: int


class Module(NamedTuple):
    """A module.

    Attributes
    ----------
    text : str
        All files without includes and macros.
    names : frozenset of str
        The modules in them.
    ports : dict of str to ModulePort
        The ports of the module, in order.
    """

    text: str
    names: frozenset[str]
    ports: dict[str, ModulePort]


def read_module(files: Sequence[Path], top: str, simulator: str = "verilator") -> Module:
    """Read a module from Verilog or SystemVerilog files.

    Parameters
    ----------
    files : sequence of pathlib.Path
        Files that they include, or read into memories, lie beside them.
    top : str
        The module.
    simulator : {"verilator", "icarus"}
        Whose compiler reads the text. Verilator tells the ports in either case.

    Raises
    ------
    ValueError
        If there is no such file or module, or a port is no vector.
    ToolError
        If the text does not compile; the message has the compiler's first error.
    """
    check_simulator(simulator)
    check_simulator("verilator")
    for path in files:
        if not path.is_file():
            raise ValueError(f"there is no file {path}")
    with tempfile.TemporaryDirectory(prefix="goldstream-") as scratch:
        text = _preprocessed(files, simulator, Path(scratch))
        names = frozenset(MODULE.findall(text))
        if top not in names:
            known = ", ".join(sorted(names)) or "none"
            raise ValueError(f"{_named(files)} has no module {top}: it has {known}")
        return Module(text, names, _ports(text, top, simulator, files, Path(scratch)))


def _named(files: Sequence[Path]) -> str:
    return ", ".join(map(str, files))


def _folders(files: Sequence[Path]) -> list[str]:
    """Return the options for the folders in which included files lie."""
    return list(dict.fromkeys(f"-I{path.parent}" for path in files))


def _compile(command: list[str], files: Sequence[Path], work: Path | None = None) -> str:
    """Run a compiler and return what it prints; its first error is the message if it fails."""
    done = subprocess.run(
        command,
        cwd=work,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        errors = [line for line in lines if re.search(r"%Error|:\d+: (?!warning)", line)]
        first = re.sub(r"^%Error(-\w+)?: ", "", (errors or lines or ["no reason given"])[0])
        raise ToolError(f"{_named(files)} does not compile: {first}")
    return done.stdout


def _preprocessed(files: Sequence[Path], simulator: str, scratch: Path) -> str:
    """Return the files as one text without includes and macros, with their line numbers."""
    folders = _folders(files)
    names = list(map(str, files))
    if simulator == "icarus":
        out = scratch / "preprocessed.v"
        program = str(find_simulator("icarus"))
        _compile([program, "-E", "-g2012", *folders, "-o", str(out), *names], files)
        text = out.read_text(errors="replace")
    else:
        program = str(find_simulator("verilator"))
        text = _compile([program, "-E", *VERILATOR, *folders, *names], files)

    def absolute(match: re.Match[str]) -> str:
        begin, name = match.groups()
        for folder in (Path(), *(path.parent for path in files)):
            if (folder / name).is_file():
                return f'{begin}"{(folder / name).resolve()}"'
        return match.group()

    return MEMORY_FILE.sub(absolute, text) + "\n"


def _ports(
    text: str, top: str, simulator: str, files: Sequence[Path], scratch: Path
) -> dict[str, ModulePort]:
    """Return the ports of a module by name, once a compiler has accepted the text."""
    (scratch / "user.sv").write_text(text)
    if simulator == "icarus":
        # The preprocessed text does not say from which lines it comes.
        command = [str(find_simulator("icarus")), "-g2012", "-t", "null", "-s", top]
        _compile([*command, *_folders(files), *map(str, files)], files)
    program = str(find_simulator("verilator"))
    command = [program, "--json-only", *VERILATOR, "--top-module", top, "--Mdir", "tree"]
    _compile([*command, "--prefix", "user", "user.sv"], files, scratch)
    tree = json.loads((scratch / "tree" / "user.tree.json").read_text())
    nodes = list(_nodes(tree))
    types = {node["addr"]: node for node in nodes if node.get("type", "").endswith("DTYPE")}
    found = {}
    for node in nodes:
        if node.get("type") == "VAR" and node.get("isPrimaryIO"):
            width = _width(types.get(node["dtypep"], {}), types)
            if width is None or node["direction"] not in ("INPUT", "OUTPUT"):
                raise ValueError(f"port {node['origName']} of {top} must be a vector of bits")
            direction = "in" if node["direction"] == "INPUT" else "out"
            found[node["origName"]] = ModulePort(direction, width)
    return found


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Yield every object of a syntax tree."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            waiting += reversed(node.values())
        elif isinstance(node, list):
            waiting += reversed(node)


def _width(node: dict[str, Any], types: dict[str, dict[str, Any]]) -> int | None:
    """Return the bits of a data type of Verilator's, or None if it is no vector."""
    kind = node.get("type")
    if kind == "BASICDTYPE":
        if "range" not in node:
            return BITS.get(node["keyword"])
        high, low = map(int, node["range"].split(":"))
        return abs(high - low) + 1
    if kind in ("ENUMDTYPE", "REFDTYPE", "PACKARRAYDTYPE"):
        inner = types.get(node.get("refDTypep", ""), {})
        width = _width(inner, types)
        if width is None or kind != "PACKARRAYDTYPE":
            return width
        high, low = map(int, node["declRange"].strip("[]").split(":"))
        return width * (abs(high - low) + 1)
    return None
