"""Verilog text that does not depend on the Yosys session in which it was written.

Yosys numbers some names through the whole session, and it keeps the assignments that its
passes create in hash tables. Names and order therefore depend on the circuits that were
converted before. Here they are made to depend on the circuit alone.
"""

from __future__ import annotations

import re

__all__ = ["canonical"]

# The register that makes simulators evaluate an always block at time 0.
WAKE = re.compile(r"\\\$auto\$verilog_backend\.cc:\d+:dump_module\$\d+")

# Wires that a pass of Yosys added, the lines that declare them, and those that drive them.
ADDED = re.compile(r"\\\$auto\$[\w.]+:\d+:(\w+)\$\d+")
DECLARED = re.compile(rf"^  wire (?:\[\d+:\d+\] )?{ADDED.pattern} ;$")
DRIVEN = re.compile(rf"^  assign {ADDED.pattern}  = ")

# In RTLIL: a module, and a wire that a process or the output of a cell drives.
RTLIL_MODULE = re.compile(r"^module \\(\S+)$")
RTLIL_DRIVEN = re.compile(r"^ +(?:assign|connect \\Y) \\?(\S+)")

# In Verilog: a module, and an assignment without an operator.
MODULE = re.compile(r"^module (?:\\(\S+)|(\w+))")
ASSIGNMENT = re.compile(r"^  assign (?:\{ )?(?:\\(\S+)|(\w+))[^=]*= [\w\\$.':\[\]{}, ]+;$")


def canonical(verilog: str, design: str) -> str:
    """Return a text with session-independent names and order of assignments.

    Parameters
    ----------
    verilog : str
        What Yosys wrote.
    design : str
        The RTLIL that it read.
    """
    lines = WAKE.sub(r"\\$wake", verilog).split("\n")
    names = _sort_added(lines)
    lines = [ADDED.sub(lambda match: names[match[0]], line) for line in lines]
    ranks = _ranks(design)
    rank: dict[str, int] = {}
    for end, line in enumerate(lines):
        if found := MODULE.match(line):
            rank = ranks[found[1] or found[2]]
        elif line == "endmodule":
            _sort_assignments(lines, end, rank)
    return "\n".join(lines)


def _sort_added(lines: list[str]) -> dict[str, str]:
    """Sort the lines that declare and drive added wires; return the new name of each wire."""
    # A wire is known by the lines around it, whatever the added wires in them are called.
    module = 0
    known: dict[str, tuple[int, list[str]]] = {}
    for line in lines:
        module += line.startswith("module ")
        for match in ADDED.finditer(line):
            known.setdefault(match[0], (module, []))[1].append(ADDED.sub("", line))
    for _, uses in known.values():
        uses.sort()
    order = {
        name: number for number, name in enumerate(sorted(known, key=known.__getitem__), 1)
    }
    kinds = {name: ADDED.fullmatch(name) for name in known}

    def number(line: str) -> int:
        found = ADDED.search(line)
        return order[found[0]] if found else 0

    for pattern in (DECLARED, DRIVEN):
        places = [i for i, line in enumerate(lines) if pattern.match(line)]
        for place, line in zip(
            places, sorted((lines[i] for i in places), key=number), strict=True
        ):
            lines[place] = line
    return {name: f"\\${kind[1].lower()}${order[name]}" for name, kind in kinds.items() if kind}


def _ranks(design: str) -> dict[str, dict[str, int]]:
    """Return the order in which each module of an RTLIL design drives its wires."""
    ranks: dict[str, dict[str, int]] = {}
    rank: dict[str, int] = {}
    for line in design.split("\n"):
        if found := RTLIL_MODULE.match(line):
            rank = ranks.setdefault(found[1], {})
        elif found := RTLIL_DRIVEN.match(line):
            rank.setdefault(found[1], len(rank))
    return ranks


def _sort_assignments(lines: list[str], end: int, rank: dict[str, int]) -> None:
    """Sort the assignments before line `end` that replaced processes and cells."""

    def key(line: str) -> tuple[int, str] | None:
        found = ASSIGNMENT.match(line)
        name = found and (found[1] or found[2])
        return (rank[name], line) if name in rank else None

    begin = end
    while key(lines[begin - 1]) is not None:
        begin -= 1
    lines[begin:end] = sorted(lines[begin:end], key=key)  # type: ignore[arg-type]
