"""The function of a netlist, from those of its parts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from fixedpoint.circuit import Port
from stochastic.circuit import Netlist
from stochastic.circuit.netlist_wiring import Endpoint
from stochastic.generators.generator import Generator

from ..catalog import entry_of
from ..entry import Entry

__all__ = ["law_of"]

Law = Callable[[Any, dict[str, Any], str], Any]


def law_of(entry: Entry) -> Law | None:
    """Return an entry's law, or the one that follows from a netlist's parts, or None.

    A netlist has one if it has no loop, no sign-magnitude streams, and all of its parts but
    generators have laws.
    """
    circuit = entry.default
    if entry.law is not None or not isinstance(circuit, Netlist):
        return entry.law
    if any(circuit.wiring.loops(group) for group in circuit.wiring.groups):
        return None
    laws = {}
    for name, part in circuit.circuits.items():
        if isinstance(part, Generator):
            continue
        signed = "sign-magnitude" in getattr(part, "encodings", {}).values()
        laws[name] = law_of(entry_of(part).with_parameters(part))
        if laws[name] is None or signed:
            return None
    return lambda parameters, values, encoding: _composed(circuit, laws, values, encoding)


def _composed(
    netlist: Netlist, laws: dict[str, Any], values: dict[str, Any], common: str
) -> dict[str, Any]:
    """Return the values of a netlist's outputs.

    Inside of it, streams and codes are probabilities of a one.
    """
    known: dict[str, Any] = {}

    def at(driver: Any, encoding: str) -> Any:
        if isinstance(driver, int):
            return float(driver)
        found = known[str(driver)] if driver.part is not None else values[driver.port]
        if driver.part is None:
            found = _probability(found, encoding)
        return found

    for group in netlist.wiring.groups:
        (name,) = group
        if name not in laws:
            continue
        part = netlist.circuits[name]

        def encoding_of(port: str, name: str = name) -> str:
            return netlist.stream_encodings.of(name, port) or common

        stream = next((p.name for p in part.outputs if p.width == 1), "")
        given = {}
        for port in part.inputs:
            if port.name == "word":
                continue
            encoding = encoding_of(port.name if port.width == 1 else stream)
            drivers = netlist.drivers[name, port.name]
            one = None in drivers and not isinstance(drivers[None], int)
            if port.count == 1 or one:
                chance = at(drivers[None] if None in drivers else drivers[0], encoding)
            else:
                each = (drivers[None if None in drivers else i] for i in range(port.count))
                chance = np.stack(np.broadcast_arrays(*(at(d, encoding) for d in each)), -1)
            if port.width > 1 and isinstance(drivers.get(None), int):
                chance = chance / (1 << (port.width - 1))
            if port.name in getattr(part, "copies", ()):
                chance = chance[..., 0]
            given[port.name] = _value(chance, encoding)
        own = getattr(part, "encoding", None) or encoding_of(stream)
        found = laws[name](part, given, own)
        if not isinstance(found, dict):
            found = {part.outputs[0].name: found}
        for port in part.outputs:
            if port.name in found:
                value = found[port.name]
                if port.width == 1:
                    value = _probability(value, encoding_of(port.name))
                known[f"{name}.{port.name}"] = value / _full_scale(port)
    results = {}
    for end, source in netlist.wiring.ends:
        if end.part is None and isinstance(source, Endpoint) and str(source) in known:
            value = known[str(source)]
            port = next(p for p in netlist.outputs if p.name == end.port)
            encoding = netlist.stream_encodings.of(str(source.part), source.port) or common
            results[end.port] = (
                _value(value, encoding) if port.width == 1 else value * _full_scale(port)
            )
    return results


def _full_scale(port: Port) -> int:
    """Return the code of 1 at a port of codes, and 1 at others."""
    largest = 1 << (port.width - 1)
    return largest if port.width > 1 and port.range == (0, largest) else 1


def _probability(value: Any, encoding: str) -> Any:
    return value if encoding == "unipolar" else (1 + value) / 2


def _value(probability: Any, encoding: str) -> Any:
    return probability if encoding == "unipolar" else 2 * probability - 1
