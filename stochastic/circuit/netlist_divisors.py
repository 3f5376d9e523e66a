"""Streams inside of a netlist that must not be zero, such as those of divisors."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from .netlist_wiring import Endpoint, Wiring

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fixedpoint.circuit import Circuit

__all__ = ["check_divisors", "divisors_of", "with_divisors_shown"]


def divisors_of(parts: Mapping[str, Circuit], wiring: Wiring) -> dict[str, Any]:
    """Return what drives each port that must not be zero, by the end of its wire."""
    return {
        str(end): source
        for end, source in wiring.ends
        if end.part is not None and end.port in getattr(parts[end.part], "nonzero", ())
    }


def check_divisors(parts: Mapping[str, Circuit], wiring: Wiring) -> None:
    """Raise a ValueError if a divisor is a constant of 0, or an SNG's stream of code 0."""
    codes = {
        end.part: source
        for end, source in wiring.ends
        if end.port == "code" and isinstance(source, int)
    }
    for end, source in divisors_of(parts, wiring).items():
        zero = source == 0
        if isinstance(source, Endpoint) and source.port == "stream":
            zero = codes.get(source.part) == 0
        if zero:
            what = "the constant 0" if source == 0 else f"{source}, whose code is 0"
            raise ValueError(f"Netlist port {end} must not be zero, but is driven by {what}")


def with_divisors_shown(netlist: Any) -> tuple[Any, dict[str, str]]:
    """Return a netlist that also outputs its divisors, and their ends by those outputs.

    Divisors that are constants, or streams from outside, need no output: an input's own name
    stands for it.
    """
    ends: dict[str, str] = {}
    wires = list(netlist.wires)
    parts = dict(netlist.circuits)
    used = {port.name for port in netlist.ports} | set(parts)

    def show(source: str, end: str) -> None:
        name = f"divisor{len(ends)}"
        while name in used:
            name += "_"
        used.add(name)
        wires.append((name, source))
        ends[name] = end

    for end, source in divisors_of(parts, netlist.wiring).items():
        if isinstance(source, Endpoint):
            if source.part is None:
                ends[source.port] = end
            else:
                show(str(source), end)
    for name, part in netlist.circuits.items():
        if hasattr(part, "circuits"):
            parts[name], inner = with_divisors_shown(part)
            for port, end in inner.items():
                if any(port == p.name for p in part.inputs):
                    continue
                show(f"{name}.{port}", f"{name}.{end}")
    if len(wires) == len(netlist.wires):
        return netlist, ends
    shown = dataclasses.replace(netlist, parts=parts, wires=tuple(wires))
    return shown, ends
