"""Verilog that holds many faults, of which an input selects one.

A build of it costs little more than one of the sound circuit, whatever the number of faults.
The technique is known as mutant schemata (Untch, Offutt and Harrold 1993).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from .faults import Fault

__all__ = ["MODULE", "SELECT", "SELECT_BITS", "with_faults"]

# The input of every module that selects a fault; 0 selects none.
SELECT = "selected_fault"
SELECT_BITS = 16

MODULE = re.compile(r"^module (\S+) ?\(")
ASSIGNMENT = re.compile(r"^(\s*(?:assign )?.*? = )(.*)(;)$")
CONDITION = re.compile(r"^(\s*if \()([^)]*)(\).*)$")


def with_faults(verilog: str, faults: Sequence[Fault]) -> str:
    """Return a text whose input `SELECT` plants one of the faults.

    Parameters
    ----------
    verilog : str
        The sound text.
    faults : sequence of Fault
        Faults of this text. Fault k is planted while the input is k + 1.

    Returns
    -------
    str
        The text, with the input in all of its modules.

    Raises
    ------
    ValueError
        If the line of a fault is neither an assignment nor a condition.
    """
    lines = verilog.split("\n")
    for number, fault in enumerate(faults, 1):
        index = fault.line - 1
        lines[index] = _selected(lines[index], fault, number)
    modules = {match[1] for line in lines if (match := MODULE.match(line))}
    instance = re.compile(rf"^(\s*(?:{'|'.join(map(re.escape, modules))})\s+\S+\s*\()(.*)$")
    text = []
    in_header = False
    for line in lines:
        if MODULE.match(line):
            in_header = True
            line = line.replace("(", f"({SELECT}, ", 1)
        elif match := instance.match(line):
            line = f"{match[1]}.{SELECT}({SELECT}),\n{match[2]}"
        text.append(line)
        if in_header and line.endswith(");"):
            in_header = False
            text.append(f"  input [{SELECT_BITS - 1}:0] {SELECT};")
    return "\n".join(text)


def _selected(line: str, fault: Fault, number: int) -> str:
    """Return a line, which may hold other faults, with one more."""
    for form in (CONDITION, ASSIGNMENT):
        sound, faulty = form.match(line), form.match(fault.after)
        if sound and faulty:
            choice = f"({SELECT} == {number} ? ({faulty[2]}) : ({sound[2]}))"
            return f"{sound[1]}{choice}{sound[3]}"
    raise ValueError(f"no fault can be selected in the line {line!r}")
