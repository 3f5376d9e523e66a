"""Through which wire a fault has its effect, as the Verilog text tells."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .fault_schemata import MODULE
from .faults import Fault

__all__ = ["owners_and_wires"]

ASSIGNED = re.compile(r"^\s*assign (\w+) = ")
DECLARED = re.compile(r"^\s*(module|input|output|wire|reg)\b")


def owners_and_wires(verilog: str, faults: Sequence[Fault]) -> list[tuple[str, str]]:
    """Return for each fault the module it is in, and the last wire that has all its effect.

    The wire is empty if the fault is in no assignment to a whole wire. Else it is followed as
    long as a single other assignment reads it.
    """
    lines = verilog.split("\n")
    begins = [number for number, line in enumerate(lines) if MODULE.match(line)]
    found = []
    for fault in faults:
        begin = max(number for number in begins if number < fault.line)
        end = min((n for n in begins if n > begin), default=len(lines))
        match = MODULE.match(lines[begin])
        assert match is not None
        uses, outputs = _uses(lines[begin:end])
        found.append((match[1], _last_wire(lines[fault.line - 1], uses, outputs)))
    return found


def _uses(lines: Sequence[str]) -> tuple[list[str], str]:
    """Return the lines of a module that declare nothing, and those that declare outputs."""
    uses, outputs, declares = [], [], ""
    for line in lines:
        if not declares and (match := DECLARED.match(line)):
            declares = match[1]
        if not declares:
            uses.append(line)
        elif declares == "output":
            outputs.append(line)
        if line.rstrip().endswith(";"):
            declares = ""
    return uses, "\n".join(outputs)


def _last_wire(line: str, uses: Sequence[str], outputs: str) -> str:
    last = ""
    while match := ASSIGNED.match(line):
        last = match[1]
        name = re.compile(rf"\b{last}\b")
        readers = [use for use in uses if name.search(use.split(" = ", 1)[-1])]
        if len(readers) != 1 or name.search(outputs):
            break
        line = readers[0]
    return last
