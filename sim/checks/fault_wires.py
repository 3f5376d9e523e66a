"""In which modules a fault is, and through which wire it has its effect, as the text tells."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence

from .fault_schemata import MODULE
from .faults import Fault

__all__ = ["Place", "places"]

ASSIGNED = re.compile(r"^\s*assign (\w+) = ")
BLOCK = re.compile(r"^  always @\*")
BLOCK_END = re.compile(r"^  end$")
TARGET = re.compile(r"^\s*(\w+)(?:\[[^\]]*\])? = ")
DECLARED = re.compile(r"^\s*(module|input|output|wire|reg)\b")
INSTANCE = re.compile(r"^\s*(\w+)\s+(\w+)\s*\(")


@dataclasses.dataclass(frozen=True)
class Place:
    """Where a fault is.

    Attributes
    ----------
    paths : dict of str to str
        The module that it is in, then the one in which that is used, and so on; for each the
        prefix of the names that the fault's module has there.
    wire : str
        The last wire in its module through which it has all its effect, or nothing.
    """

    paths: dict[str, str]
    wire: str


def places(verilog: str, faults: Sequence[Fault]) -> list[Place]:
    """Return where each fault is.

    Its wire is the one that is assigned in its line or, in a block, the only one that is
    assigned in the block. It is followed as long as a single other assignment reads it.
    """
    lines = verilog.split("\n")
    begins = [number for number, line in enumerate(lines) if MODULE.match(line)]
    bodies = {}
    for begin, end in zip(begins, [*begins[1:], len(lines)], strict=True):
        match = MODULE.match(lines[begin])
        assert match is not None
        bodies[match[1]] = lines[begin:end]
    users: dict[str, list[tuple[str, str]]] = {name: [] for name in bodies}
    for name, body in bodies.items():
        for line in body:
            if (match := INSTANCE.match(line)) and match[1] in bodies:
                users[match[1]].append((name, match[2]))
    found = []
    for fault in faults:
        begin = max(number for number in begins if number < fault.line)
        match = MODULE.match(lines[begin])
        assert match is not None
        name, prefix = match[1], ""
        paths = {name: prefix}
        while len(users[name]) == 1:
            ((name, instance),) = users[name]
            prefix = f"{instance}.{prefix}"
            paths[name] = prefix
        body = bodies[match[1]]
        first = _assigned(body, fault.line - 1 - begin)
        wire = _last_wire(first, *_uses(body)) if first else ""
        found.append(Place(paths, wire))
    return found


def _assigned(body: Sequence[str], index: int) -> str:
    """Return the wire that a line, or alone the block around it, assigns; else nothing."""
    if match := ASSIGNED.match(body[index]):
        return match[1]
    begin = index
    while begin > 0 and not BLOCK.match(body[begin]):
        if BLOCK_END.match(body[begin]):
            return ""
        begin -= 1
    end = next((n for n in range(index, len(body)) if BLOCK_END.match(body[n])), begin)
    targets = {m[1] for line in body[begin:end] if (m := TARGET.match(line))}
    return targets.pop() if len(targets) == 1 else ""


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


def _last_wire(first: str, uses: Sequence[str], outputs: str) -> str:
    last = first
    while True:
        name = re.compile(rf"\b{last}\b")
        readers = [use for use in uses if name.search(use.split(" = ", 1)[-1])]
        if len(readers) != 1 or name.search(outputs):
            return last
        if not (match := ASSIGNED.match(readers[0])):
            return last
        last = match[1]
