"""From expressions to parts and wires, with what must be independent and what correlated."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from ..arithmetic.inverter import Inverter
from ..arithmetic.multiplier import Multiplier
from .node import Gate, Node

if TYPE_CHECKING:
    from fixedpoint.circuit import Circuit

    from ..generators.generator import Generator

__all__ = ["Lowered", "Meeting", "SignOf", "Source", "Wire", "lowered"]


@dataclasses.dataclass(frozen=True)
class Source:
    """Something with random bits: an SNG, a part that takes words, a stream from outside.

    Attributes
    ----------
    name : str
        Of the SNG's or the part's.
    kind : {"number", "constant", "word", "inside", "stream"}
        ``"word"`` is a part that takes words from a generator outside, ``"inside"`` one with a
        generator of its own width.
    node : Node
        The input that is encoded, or the node of the part.
    """

    name: str
    kind: str
    node: Node


@dataclasses.dataclass(frozen=True)
class SignOf:
    """The sign of an SNG's stream."""

    source: Source


@dataclasses.dataclass(frozen=True)
class Wire:
    """Where a stream comes from, and on what it depends.

    `bit` and `sign` are a text as in `Netlist`, a constant, or the source of an SNG. Of
    `depends`, a 1 of those in `rises` never makes the bit 0.
    """

    bit: str | int | Source
    sign: str | int | SignOf | None
    depends: frozenset[Source]
    rises: frozenset[Source] = frozenset()


@dataclasses.dataclass(frozen=True)
class Meeting:
    """A part whose operands must be related in some way.

    Attributes
    ----------
    part : str
    gate : Gate
    operands : tuple of Wire
    """

    part: str
    gate: Gate
    operands: tuple[Wire, ...]


class Lowered:
    """Parts and wires of expressions; the SNGs are still without generators.

    Attributes
    ----------
    parts : dict of str to Circuit or callable
        A callable takes a generator.
    wires : dict of str to str, int, Source or SignOf
    sources : list of Source
    apart : set of frozenset of Source
        Pairs that must be independent.
    correlated, synchronized, independent : list of Meeting
    names : set of str
        All names in use, of ports too.
    magnitudes : bool
        Whether the bits of a sign-magnitude stream go without its sign: a unipolar stream.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self.parts: dict[str, Circuit | Callable[[Generator], Circuit]] = {}
        self.wires: dict[str, str | int | Source | SignOf] = {}
        self.sources: list[Source] = []
        self.apart: set[frozenset[Source]] = set()
        self.correlated: list[Meeting] = []
        self.synchronized: list[Meeting] = []
        self.independent: list[Meeting] = []
        self.names = set(names)
        self.magnitudes = False
        self._copies = itertools.count(1)
        self._known: dict[tuple[int, int, bool], Wire] = {}

    def name_for(self, wanted: str) -> str:
        """Return an unused name: the wanted one, or with a number behind it."""
        for number in itertools.count(1):
            name = wanted if number == 1 else f"{wanted}{number}"
            if name not in self.names:
                self.names.add(name)
                return name
        raise AssertionError("the numbers do not end")

    def lower(self, node: Node, copy: int = 0, irregular: bool = False) -> Wire:
        """Return the stream of a node: that of a copy, whose sources are its own."""
        # Only sums are made in two ways; all else is shared by those who read it.
        irregular = irregular and _has_choice(node)
        key = (id(node), copy, irregular)
        if key not in self._known:
            self._known[key] = self._lowered(node, copy, irregular)
        return self._known[key]

    def _lowered(self, node: Node, copy: int, irregular: bool) -> Wire:
        if node.kind in ("number", "stream", "constant"):
            return self._input(node)
        if node.kind == "gate":
            return self._gate(node, copy, irregular)
        wire = self.lower(node.operands[0], copy, irregular)
        if node.kind == "magnitude":
            self.magnitudes = True
            return dataclasses.replace(wire, sign=None)
        if node.kind == "negated":
            if isinstance(wire.sign, int):
                return dataclasses.replace(wire, sign=1 - wire.sign)
            name = self.name_for("negation")
            self.parts[name] = Inverter()
            self.wires[f"{name}.x"] = wire.sign or 0
            return dataclasses.replace(wire, sign=f"{name}.y")
        return wire

    def _input(self, node: Node) -> Wire:
        signed = node.encoding == "sign-magnitude"
        if node.kind == "stream":
            source = Source(node.name, "stream", node)
            return Wire(node.name, f"{node.name}_sign" if signed else None, frozenset([source]))
        sign: str | int | SignOf | None = None
        if node.kind == "constant":
            value = node.constant / node.scale
            sign = int(value < 0) if signed else None
            share = (value + 1) / 2 if node.encoding == "bipolar" else abs(value)
            if share in (0, 1):
                return Wire(int(share), sign, frozenset())
        name = self.name_for(f"{node.name or 'constant'}_sng")
        source = Source(name, node.kind, node)
        if signed and sign is None:
            sign = SignOf(source)
        self.sources.append(source)
        return Wire(source, sign, frozenset([source]), frozenset([source]))

    def _gate(self, node: Node, copy: int, irregular: bool) -> Wire:
        gate = node.gate
        assert gate is not None
        inside = gate.irregular or irregular
        operands = self._operands(node, copy, inside)
        build = gate.build if gate.circuit is None or inside else None
        name = self.name_for(gate.name)
        self.parts[name] = build or gate.circuit  # type: ignore[assignment]
        depends = frozenset[Source]().union(*(wire.depends for wire in operands))
        if build is not None:
            own = Source(name, "inside" if gate.width else "word", node)
            self.sources.append(own)
            self._keep_apart([own], depends)
            depends |= {own}
        signed = node.encoding == "sign-magnitude"
        for wire, ends in zip(operands, gate.inputs, strict=True):
            for end in ends:
                self.wires[f"{name}.{end}"] = wire.bit
                if signed and wire.sign is not None:
                    self.wires[f"{name}.{end}_sign"] = wire.sign
        meeting = Meeting(name, gate, operands)
        if gate.meeting == "correlated":
            self.correlated.append(meeting)
        elif gate.meeting == "synchronized":
            self.synchronized.append(meeting)
        elif gate.meeting == "independent":
            self.independent.append(meeting)
            for first, second in itertools.combinations(operands, 2):
                self._keep_apart(first.depends, second.depends)
        output = f"{name}.{gate.build_output if build else gate.output}"
        rises: frozenset[Source] = frozenset()
        if node.encoding == "unipolar" and isinstance(gate.circuit, Multiplier):
            rises = rises.union(*(wire.rises for wire in operands))
        return Wire(output, f"{output}_sign" if signed else None, depends, rises)

    def _operands(self, node: Node, copy: int, irregular: bool) -> tuple[Wire, ...]:
        """Return the operands; where they must be independent, copies of what they share."""
        assert node.gate is not None
        found: list[Wire] = []
        inputs: set[Node] = set()
        for operand in node.operands:
            if node.gate.meeting != "independent" or not inputs & _inputs(operand):
                wire = self.lower(operand, copy, irregular)
                inputs |= _inputs(operand)
            else:
                wire = self.lower(operand, next(self._copies), irregular)
                for other in found:
                    for source in wire.depends & other.depends:
                        raise ValueError(
                            f"{node.gate.name} needs independent operands, but "
                            f"{node.operands[0]} and {operand} both depend on the stream "
                            f"{source.name}, which cannot be made twice: take a number()"
                        )
            found.append(wire)
        return tuple(found)

    def keep_apart_unless_rising(self, meeting: Meeting) -> None:
        """Keep the operands of a synchronizer apart, but where one sequence correlates them.

        A sequence that one of them takes inverted would make them anti-correlated, which is
        the worst for a synchronizer.
        """
        first, second = meeting.operands
        for one in first.depends:
            for other in second.depends - first.depends:
                if one not in second.depends and not (
                    one in first.rises and other in second.rises
                ):
                    self._keep_apart([one], [other])

    def _keep_apart(self, first: Iterable[Source], second: Iterable[Source]) -> None:
        for one in first:
            for other in second:
                if "stream" not in (one.kind, other.kind):
                    self.apart.add(frozenset([one, other]))


def _inputs(node: Node) -> set[Node]:
    """Return the inputs and constants in a node."""
    return {node}.union(*map(_inputs, node.operands)) if node.operands else {node}


def _has_choice(node: Node) -> bool:
    """Return whether a sum in a node is made in one way or another."""
    choice = node.gate is not None and bool(node.gate.circuit and node.gate.build)
    return choice or any(map(_has_choice, node.operands))


def lowered(outputs: Mapping[str, Node]) -> tuple[Lowered, dict[str, Wire]]:
    """Return parts and wires of named outputs, and the stream of each.

    Raises
    ------
    ValueError
        If a name is used twice, or an operand cannot be made independent of another.
    """
    inputs: dict[str, Node] = {}
    waiting, seen = list(outputs.values()), set()
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        waiting += node.operands
        if not node.name:
            continue
        if inputs.setdefault(node.name, node) is not node:
            raise ValueError(f"name {node.name!r} is used twice, for two inputs")
    names = [*inputs]
    names += [f"{n}_sign" for n, i in inputs.items() if i.encoding == "sign-magnitude"]
    for name in outputs:
        if name in names:
            raise ValueError(f"name {name!r} is used twice, for an input and an output")
    signs = [f"{name}_sign" for name in outputs]
    result = Lowered([*names, *outputs, *signs, "clk", "rst", "enable"])
    wires = {name: result.lower(node) for name, node in outputs.items()}
    for name, wire in wires.items():
        if isinstance(wire.bit, int | Source) or "." not in wire.bit:
            raise ValueError(f"output {name} is {outputs[name]} itself, which needs no circuit")
    return result, wires
