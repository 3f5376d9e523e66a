"""Netlists from parts, wires and a plan of generators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..circuit.netlist import Netlist
from ..converters.comparator import Comparator
from ..correlation.isolator import Isolator
from ..streams.codes import to_codes
from .lowering import Lowered, SignOf, Source, Wire
from .node import Node
from .plan import GeneratorPlan

__all__ = ["assembled"]


def assembled(
    lowered: Lowered,
    plan: GeneratorPlan,
    width: int,
    outputs: Mapping[str, Wire],
    *,
    inside: bool,
) -> Netlist:
    """Return the netlist, with its SNGs inside or with their streams as inputs."""
    parts: dict[str, Any] = {}
    wires: dict[str, str | int] = {}
    late: dict[tuple[Source, int], str] = {}
    names = {source.name for source in lowered.sources} | set(lowered.parts)
    generator_of: dict[int, str] = {}
    for source, sequence in plan.sequence_of.items():
        if source.kind == "inside" or not inside:
            continue
        number = sequence.number
        if number not in generator_of:
            name = f"generator{number}"
            while name in names:
                name += "_"
            generator_of[number] = name
            parts[name] = sequence.base
        parts[source.name] = Comparator(width=width, order=sequence.order)
        wires[f"{source.name}.word"] = f"{generator_of[number]}.word"
        node = source.node
        code = node.name or int(to_codes(_encoded(node), width, node.encoding))
        wires[f"{source.name}.code"] = code
    for name, part in lowered.parts.items():
        if callable(part):
            source = next(s for s in lowered.sources if s.name == name and s.kind == "inside")
            part = part(plan.sequence_of[source].generator)
        parts[name] = part

    def end_of(wire: str | int | Source | SignOf) -> str | int:
        if isinstance(wire, SignOf):
            source = wire.source
            return f"{source.node.name}_sign" if inside else f"{source.name}_stream_sign"
        if not isinstance(wire, Source):
            return wire
        stream = f"{wire.name}.stream" if inside else f"{wire.name}_stream"
        delay = plan.sequence_of[wire].delay
        if not delay:
            return stream
        if (wire, delay) not in late:
            late[wire, delay] = name = f"{wire.name}_late"
            parts[name] = Isolator(cycles=delay)
            wires[f"{name}.x"] = stream
        return f"{late[wire, delay]}.y"

    for end, wire in lowered.wires.items():
        wires[end] = end_of(wire)
    for name, output in outputs.items():
        wires[name] = end_of(output.bit)
        if output.sign is not None:
            wires[f"{name}_sign"] = end_of(output.sign)
    return Netlist(parts=parts, wires=wires, correlated=not inside)


def _encoded(node: Node) -> float:
    """Return the value whose code a constant has: without its sign in sign-magnitude."""
    value = node.constant / node.scale
    return abs(value) if node.encoding == "sign-magnitude" else value
