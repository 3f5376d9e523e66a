"""Netlists from parts, wires and a plan of generators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..arithmetic.mux_adder import MuxAdder
from ..arithmetic.selector import Selector
from ..circuit.netlist import Netlist
from ..converters.comparator import Comparator
from ..correlation.isolator import Isolator
from ..functions.bernstein_polynomial import BernsteinPolynomial
from ..functions.coefficient_table import CoefficientTable
from ..generators.generator import Generator
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
    names = set(lowered.names)
    generator_of: dict[int, str] = {}
    renamed: dict[str, str] = {}

    def unused(name: str) -> str:
        while name in names:
            name += "_"
        names.add(name)
        return name

    def word_of(number: int, base: Generator) -> str:
        if number not in generator_of:
            generator_of[number] = unused(f"generator{number}")
            parts[generator_of[number]] = base
        return f"{generator_of[number]}.word"

    for source, sequence in plan.sequence_of.items():
        if source.kind not in ("number", "constant") or not inside:
            continue
        parts[source.name] = Comparator(width=width, order=sequence.order)
        wires[f"{source.name}.word"] = word_of(sequence.number, sequence.base)
        node = source.node
        code = node.name or int(to_codes(_encoded(node), width, node.encoding))
        wires[f"{source.name}.code"] = code
    own = {s.name: s for s in lowered.sources if s.kind in ("word", "inside")}
    for name, part in lowered.parts.items():
        if not callable(part):
            parts[name] = part
            continue
        sequence = plan.sequence_of[own[name]]
        parts[name] = made = part(sequence.generator)
        if not inside or plan.has_own(own[name]):
            continue
        # The same circuit with the word of a generator that others may share.
        word = word_of(sequence.number, sequence.base)
        if isinstance(made, MuxAdder):
            parts[name] = Selector(width=width, fan_in=made.fan_in, order=sequence.order)
            wires[f"{name}.word"] = word
        elif isinstance(made, BernsteinPolynomial):
            parts[name] = CoefficientTable(codes=made.codes, width=width)
            comparator = unused(f"{name}_sng")
            parts[comparator] = Comparator(width=width, order=sequence.order)
            wires[f"{comparator}.word"] = word
            wires[f"{comparator}.code"] = f"{name}.code"
            renamed[f"{name}.y"] = f"{comparator}.stream"

    def end_of(wire: str | int | Source | SignOf) -> str | int:
        if isinstance(wire, SignOf):
            source = wire.source
            return f"{source.node.name}_sign" if inside else f"{source.name}_stream_sign"
        if not isinstance(wire, Source):
            return renamed.get(wire, wire) if isinstance(wire, str) else wire
        stream = f"{wire.name}.stream" if inside else f"{wire.name}_stream"
        delay = plan.sequence_of[wire].delay
        if not delay:
            return stream
        if (wire, delay) not in late:
            late[wire, delay] = name = unused(f"{wire.name}_late")
            parts[name] = Isolator(cycles=delay)
            wires[f"{name}.x"] = stream
        return f"{late[wire, delay]}.y"

    for end, wire in lowered.wires.items():
        wires[end] = end_of(wire)
    for name, output in outputs.items():
        wires[name] = end_of(output.bit)
        if output.sign is not None:
            wires[f"{name}_sign"] = end_of(output.sign)
    return Netlist(
        parts=parts, wires=wires, correlated=not inside, reinterpreted=lowered.magnitudes
    )


def _encoded(node: Node) -> float:
    """Return the value whose code a constant has: without its sign in sign-magnitude."""
    value = node.constant / node.scale
    return abs(value) if node.encoding == "sign-magnitude" else value
