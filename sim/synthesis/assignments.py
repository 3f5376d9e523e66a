"""Assignments of a netlist in Verilog, bit by bit, as OpenSTA reads them."""

from __future__ import annotations

import re

__all__ = ["single_bits"]

ASSIGNMENT = re.compile(r"^( *)assign (.*[{:].*) = (.*);$", re.MULTILINE)
DECLARATION = re.compile(r"^ *(?:wire|input|output) \[(\d+):(\d+)\] (\S+);$", re.MULTILINE)
TERM = re.compile(r"(?P<name>[^\s\[\]{},']+)(?:\[(?P<high>\d+)(?::(?P<low>\d+))?\])?$")
CONSTANT = re.compile(r"\d+'b([01]+)$")


def single_bits(text: str) -> str:
    """Return a netlist whose assignments to several bits are assignments to single ones.

    OpenSTA 2.0 takes no concatenation and no part of a wire on the left. Yosys writes them for
    outputs that are constant, or equal to others.

    Parameters
    ----------
    text : str
        As Yosys writes it with ``-noexpr -nohex -nodec``.

    Raises
    ------
    ValueError
        If an assignment is not of that form.

    Examples
    --------
    >>> print(single_bits("  assign { y[3], y[1:0] } = { 1'b0, a, y[2] };"), end="")
      assign y[3] = 1'b0;
      assign y[1] = a;
      assign y[0] = y[2];
    """
    bounds = {name: (int(a), int(b)) for a, b, name in DECLARATION.findall(text)}

    def split(found: re.Match[str]) -> str:
        indent, left, right = found.groups()
        pairs = zip(_bits(left, bounds), _bits(right, bounds), strict=True)
        return "\n".join(f"{indent}assign {a} = {b};" for a, b in pairs)

    return ASSIGNMENT.sub(split, text)


def _bits(side: str, bounds: dict[str, tuple[int, int]]) -> list[str]:
    """Return the bits of one side of an assignment, highest first."""
    bits = []
    for term in side.strip("{} ").split(","):
        term = term.strip()
        constant = CONSTANT.match(term)
        if constant is not None:
            bits += [f"1'b{digit}" for digit in constant[1]]
            continue
        found = TERM.match(term)
        if found is None:
            raise ValueError(f"the netlist assigns {term!r}, which is no wire and no constant")
        name, high, low = found.group("name", "high", "low")
        if high is None and name not in bounds:
            bits.append(name)
            continue
        first, last = bounds[name] if high is None else (int(high), int(low or high))
        bits += [f"{name}[{i}]" for i in range(first, last - 1, -1)]
    return bits
