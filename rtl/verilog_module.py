"""Modules of the Verilog that Yosys writes, taken apart into nets and statements."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator

__all__ = ["Instance", "Module", "Net", "Statement", "is_anonymous", "plain", "rename"]

# An identifier: escaped, up to the next blank, or plain. What is no identifier comes first.
TOKEN = re.compile(r"(\d+'s?[bodh][0-9a-fxz?_]+|\$\w+)|(\\\S+) |([A-Za-z_]\w*)")

NAME = r"(\\\S+ |[A-Za-z_]\w*)"
HEADER = re.compile(rf"module {NAME} ?\((.*?)\);\n", re.DOTALL)
PORT = re.compile(rf"  (input|output) (signed )?(\[-?\d+:\d+\] )?{NAME};")
NET = re.compile(
    rf"  (wire|reg) (signed )?(\[-?\d+:\d+\] )?{NAME}( \[-?\d+:\d+\])?( = [^;]*)?;"
)
INSTANCE = re.compile(rf"  {NAME} {NAME} ?\(\n")
PIN = re.compile(rf"    \.{NAME}\((.*)\),?$", re.MULTILINE)
ALIAS = re.compile(rf"  assign {NAME} = {NAME};")
ASSIGNED = re.compile(r"^ +(?:assign )?(\{[^=\n]*\}|[^={}\n]+?) <?= ", re.MULTILINE)
RANGE = re.compile(r"\[[\d:]+\]")

KEYWORDS = {
    *("always", "assign", "begin", "case", "casez", "default", "else", "end", "endcase", "if"),
    *("initial", "negedge", "posedge"),
}


def is_anonymous(key: str) -> bool:
    """Return whether neither the source nor a port of it gives the net its name."""
    return key.startswith(("\\$", "\\port$"))


def rename(text: str, new: Callable[[str], str]) -> str:
    """Return a text whose identifiers `new` replaced; escaped ones keep their backslash."""

    def replaced(match: re.Match[str]) -> str:
        if match[1]:
            return match[1]
        key = match[2] or match[3]
        return key if key in KEYWORDS else new(key)

    return TOKEN.sub(replaced, text)


def _keys(text: str) -> Iterator[str]:
    for match in TOKEN.finditer(text):
        key = match[2] or match[3]
        if key and key not in KEYWORDS:
            yield key


def plain(key: str) -> str:
    """Return a name of the source: no backslash, no suffix that tells equal names apart."""
    return re.sub(r"\$\d+$", "", key.removeprefix("\\"))


@dataclasses.dataclass
class Net:
    """A net, register or memory: its declaration without its name."""

    kind: str
    signed: str
    range: str
    depth: str = ""
    initial: str = ""
    direction: str = ""

    def like(self, other: Net) -> bool:
        """Return whether the nets are vectors of the same shape."""
        shapes = [(net.signed, net.range) for net in (self, other)]
        return shapes[0] == shapes[1] and not self.depth and not other.depth


class Statement:
    """An assignment, an always block or an initial block, with the nets that it uses."""

    def __init__(self, text: str) -> None:
        self.text = text
        targets = ASSIGNED.findall(text)
        self.writes = {key for target in targets for key in _keys(RANGE.sub("", target))}
        self.combinational = text.startswith(("  assign", "  always @*"))
        found = ALIAS.fullmatch(text)
        self.alias = (found[1].rstrip(), found[2].rstrip()) if found else None
        self.keys = tuple(dict.fromkeys(_keys(text)))
        reads = set(_keys(text[text.index(" = ") :] if text.startswith("  assign") else text))
        # A block that describes a net may look at it; that alone is no reason to keep it.
        self.reads = reads - self.writes if self.combinational else reads


class Instance:
    """An instance of a module: its pins and what they are connected to."""

    def __init__(self, module: str, name: str, pins: dict[str, str]) -> None:
        self.module = module
        self.name = name
        self.pins = pins
        self.keys = tuple(dict.fromkeys(key for text in pins.values() for key in _keys(text)))
        self.reads = set(self.keys)


class Module:
    """One module.

    Attributes
    ----------
    key : str
        Its name as it stands in the text.
    ports : list of str
        Keys of the ports, in their order.
    nets : dict of str to Net
    statements : list of Statement or Instance
    """

    def __init__(self, text: str) -> None:
        header = HEADER.match(text)
        assert header is not None
        self.key = header[1].rstrip()
        self.ports = list(_keys(header[2] + " "))
        self.nets: dict[str, Net] = {}
        self.statements: list[Statement | Instance] = []
        body = text[header.end() :].removesuffix("\nendmodule")
        for part in re.split(r"\n(?=  (?!end\b|\);)\S)", body):
            self._add(part)

    def _add(self, part: str) -> None:
        if found := PORT.fullmatch(part):
            direction, signed, bits, key = found.groups("")
            self.nets[key.rstrip()] = Net("wire", signed, bits, direction=direction)
        elif found := NET.fullmatch(part):
            kind, signed, bits, key, depth, initial = found.groups("")
            net = self.nets.setdefault(key.rstrip(), Net(kind, signed, bits))
            net.kind, net.depth, net.initial = kind, depth, initial
        elif found := INSTANCE.match(part):
            pins = {key.rstrip(): text for key, text in PIN.findall(part)}
            self.statements.append(Instance(found[1].rstrip(), found[2].rstrip(), pins))
        elif part.strip():
            self.statements.append(Statement(part))

    @property
    def instances(self) -> list[Instance]:
        """The instances of further modules."""
        return [part for part in self.statements if isinstance(part, Instance)]

    @staticmethod
    def all(text: str) -> list[Module]:
        """Return the modules of a text, in its order."""
        parts = text[text.index("module ") :].split("\nendmodule\n")
        return [Module(part.lstrip("\n")) for part in parts if part.strip()]
