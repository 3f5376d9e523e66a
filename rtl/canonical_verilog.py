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

# Wires that a pass of Yosys added.
ADDED = re.compile(r"\\\$auto\$[\w.]+:\d+:(\w+)\$\d+")

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
    numbers: dict[str, int] = {}

    def named(match: re.Match[str]) -> str:
        number = numbers.setdefault(match[0], len(numbers) + 1)
        return f"\\${match[1].lower()}${number}"

    text = ADDED.sub(named, WAKE.sub(r"\\$wake", verilog))
    ranks = _ranks(design)
    lines = text.split("\n")
    rank: dict[str, int] = {}
    for end, line in enumerate(lines):
        if found := MODULE.match(line):
            rank = ranks[found[1] or found[2]]
        elif line == "endmodule":
            _sort_assignments(lines, end, rank)
    return "\n".join(lines)


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
