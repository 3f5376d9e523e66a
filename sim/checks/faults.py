"""Negative controls: faults planted in Verilog, which every cross-check must catch."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator

__all__ = ["Fault", "faults"]


@dataclasses.dataclass(frozen=True)
class Fault:
    """A fault in a Verilog text.

    Attributes
    ----------
    kind : str
        What was changed, as the report prints it.
    line : int
        The line of the Verilog, from 1.
    before, after : str
        That line without and with the fault.
    verilog : str
        The whole text with the fault.
    """

    kind: str
    line: int
    before: str
    after: str
    verilog: str

    def __str__(self) -> str:
        return f"{self.kind} in line {self.line}: {self.before} -> {self.after}"


def _flip_constant(match: re.Match[str]) -> str:
    """Return a sized constant with its lowest bit flipped."""
    size, base, digits = match.groups()
    radix = {"h": 16, "d": 10, "b": 2}[base]
    value = int(digits, radix) ^ 1
    return f"{size}'{base}{value:{ {'h': 'x', 'd': 'd', 'b': 'b'}[base] }}"


def _move_tap(match: re.Match[str]) -> str:
    """Return the text with its one-bit index lowered by one, or raised from 0."""
    before, index = match.group(1), int(match.group(2))
    return f"{before}[{index - 1 if index else 1}]"


CONSTANT = re.compile(r"\b(\d+)'([hdb])([0-9a-f]+)\b")

Change = str | Callable[[re.Match[str]], str]

# Each kind of fault: its name, the lines to which it applies, and their replacement. A line
# of the emitted text has one operation, so a substitution changes one gate or wire.
KINDS: tuple[tuple[str, re.Pattern[str], Change], ...] = (
    ("< became <=", re.compile(r"(?<== )(.*) < (?=.*;)"), r"\1 <= "),
    ("<= became <", re.compile(r"(?<= = )(.*) <= (?=.*;)"), r"\1 < "),
    ("> became >=", re.compile(r"(?<= = )(.*) > (?=.*;)"), r"\1 >= "),
    (">= became >", re.compile(r"(?<= = )(.*) >= (?=.*;)"), r"\1 > "),
    ("== became !=", re.compile(r" == "), " != "),
    ("+ became -", re.compile(r" \+ "), " - "),
    ("- became +", re.compile(r" - "), " + "),
    ("* became +", re.compile(r" \* "), " + "),
    ("tap moved by one bit", re.compile(r"(?<== )(.*?)\[(\d+)\](?=.*;)"), _move_tap),
    ("XOR became OR", re.compile(r"(?<!=) \^ "), " | "),
    ("reduction XOR became OR", re.compile(r"(?<= = )\^"), "|"),
    ("AND became OR", re.compile(r" & "), " | "),
    ("OR became AND", re.compile(r" \| "), " & "),
    ("inversion dropped", re.compile(r"(?<= = )~"), ""),
    ("choices of a multiplexer swapped", re.compile(r" \? (.+?) : (.+?);"), r" ? \2 : \1;"),
    ("enable ignored", re.compile(r"\bif \(enable\)"), "if (1'b1)"),
    ("reset ignored", re.compile(r"\bif \(rst\)"), "if (1'b0)"),
    (
        "condition never true",
        re.compile(r"\bif \((?!rst\b|enable\b|wake\b)[^)]*\)"),
        "if (1'b0)",
    ),
)


def _all(verilog: str) -> Iterator[Fault]:
    lines = verilog.split("\n")

    def changed(number: int, kind: str, after: str) -> Fault:
        text = "\n".join([*lines[:number], after, *lines[number + 1 :]])
        return Fault(kind, number + 1, lines[number].strip(), after.strip(), text)

    in_reset = False
    for number, line in enumerate(lines):
        code = line.strip()
        assigns = code.startswith("assign") or re.match(r"\w+ = ", code)
        if assigns or code.startswith(("if", "else", "case")):
            for kind, pattern, change in KINDS:
                after = pattern.sub(change, line, count=1)
                if after != line:
                    yield changed(number, kind, after)
        if in_reset and "=" in code:
            after = CONSTANT.sub(_flip_constant, line, count=1)
            if after != line:
                yield changed(number, "reset value changed", after)
        elif assigns and CONSTANT.search(line) and "{" not in line:
            # Within a concatenation, constants are padding, which may be truncated later.
            after = CONSTANT.sub(_flip_constant, line, count=1)
            yield changed(number, "constant changed", after)
        if code.startswith("if (rst)"):
            in_reset = True
        elif code == "end":
            in_reset = False


def faults(verilog: str, most: int = 12) -> tuple[Fault, ...]:
    """Return faults of as many kinds as the text allows.

    Parameters
    ----------
    verilog : str
        Text from `rtl.to_verilog`.
    most : int
        The largest number of faults: first one of each kind, then a second one, and so on.

    Returns
    -------
    tuple of Fault
        They depend on the text alone.
    """
    by_kind: dict[str, list[Fault]] = {}
    for fault in _all(verilog):
        by_kind.setdefault(fault.kind, []).append(fault)
    chosen: list[Fault] = []
    rank = 0
    while len(chosen) < most and any(rank < len(group) for group in by_kind.values()):
        chosen += [group[rank] for group in by_kind.values() if rank < len(group)]
        rank += 1
    return tuple(chosen[:most])
