"""The wires of a netlist: what they connect, and in which order its parts run."""

from __future__ import annotations

import dataclasses
import functools
import graphlib
import re
from collections.abc import Mapping
from typing import Any

from fixedpoint.circuit import Circuit, Port
from fixedpoint.circuit.checks import shown

__all__ = ["Endpoint", "Wiring"]

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
PLACE = re.compile(rf"(?:({NAME.pattern})\.)?({NAME.pattern})(?:\[([0-9]+)\])?")


@dataclasses.dataclass(frozen=True)
class Endpoint:
    """A port, or one element of it, of a part or of the netlist itself."""

    part: str | None
    port: str
    index: int | None

    def __str__(self) -> str:
        name = self.port if self.part is None else f"{self.part}.{self.port}"
        return name if self.index is None else f"{name}[{self.index}]"


class Wiring:
    """Checked wires of a netlist.

    Parameters
    ----------
    parts : mapping of str to Circuit
    wires : tuple of pairs
        The end that is driven, and what drives it: a text, or an integer for a constant.
    """

    def __init__(
        self, parts: Mapping[str, Circuit], wires: tuple[tuple[str, str | int], ...]
    ) -> None:
        self.parts = parts
        self.ends = [
            (self._end(a), b if isinstance(b, int) else self._end(b)) for a, b in wires
        ]
        self._check_ends()
        self._check_complete()
        self._check_names()
        self.inputs = self._external_inputs()
        self.outputs = self._external_outputs()
        self.combinational = self._combinational_order()

    def _end(self, text: Any) -> Endpoint:
        match = PLACE.fullmatch(text) if isinstance(text, str) else None
        if not match:
            raise ValueError(
                f"Netlist wires must end at PART.PORT or at PORT, not {shown(text)}"
            )
        part, port, index = match.groups()
        if part is not None and part not in self.parts:
            raise ValueError(
                f"Netlist has no part {shown(part)}, which the wire {shown(text)} names"
            )
        number = None if index is None else int(index)
        if part is not None and number == 0 and self._count(part, port) == 1:
            # The only element is the whole port.
            number = None
        return Endpoint(part, port, number)

    def _count(self, part: str, port: str) -> int | None:
        """Return the number of elements of a port, or None if there is no such port."""
        return next((p.count for p in self.parts[part].ports if p.name == port), None)

    def port_of(self, end: Endpoint) -> Port:
        """Return the port of a part, or one element of it as a port."""
        assert end.part is not None
        for port in self.parts[end.part].ports:
            if port.name == end.port:
                if end.index is None:
                    return port
                if end.index < port.count:
                    return dataclasses.replace(port, count=1)
                raise ValueError(f"Netlist port {end} must have an index below {port.count}")
        raise ValueError(f"Netlist part {end.part!r} has no port {end.port!r}")

    def _check_ends(self) -> None:
        driven: dict[str, Any] = {}
        for end, source in self.ends:
            if str(end) in driven:
                raise ValueError(
                    f"Netlist port {end} must be driven once, not by {driven[str(end)]} "
                    f"and {source}"
                )
            driven[str(end)] = source
            if end.part is None:
                if not isinstance(source, Endpoint) or source.part is None:
                    raise ValueError(
                        f"Netlist output {end} must be driven by a part, not {source}"
                    )
                if end.index is not None:
                    raise ValueError(f"Netlist output {end} must have no index")
            elif self.port_of(end).direction == "out":
                raise ValueError(f"Netlist port {end} is an output and cannot be driven")
            if isinstance(source, int):
                low, high = self.port_of(end).range
                if not low <= source <= high:
                    raise ValueError(
                        f"Netlist constant for {end} must be between {low} and {high}, "
                        f"not {source}"
                    )
                continue
            if source.part is None:
                if source.index is not None:
                    raise ValueError(f"Netlist input {source} must have no index")
                continue
            if self.port_of(source).direction == "in":
                raise ValueError(f"Netlist port {source} is an input and cannot drive {end}")
            if end.part is not None:
                _check_alike(end, self.port_of(end), source, self.port_of(source))

    def _check_complete(self) -> None:
        driven = {str(end) for end, _ in self.ends}
        for name, part in self.parts.items():
            for port in part.inputs:
                whole = f"{name}.{port.name}"
                elements = [f"{whole}[{i}]" for i in range(port.count)]
                if whole in driven:
                    twice = next((e for e in elements if e in driven), None)
                    if twice:
                        raise ValueError(f"Netlist port {twice} must be driven once, not twice")
                    continue
                missing = [e for e in elements if e not in driven]
                if missing:
                    shown = (
                        whole if port.count == 1 or len(missing) == port.count else missing[0]
                    )
                    raise ValueError(f"Netlist port {shown} must be driven by a wire")

    def _check_names(self) -> None:
        inputs = {s.port for _, s in self.ends if isinstance(s, Endpoint) and s.part is None}
        outputs = {end.port for end, _ in self.ends if end.part is None}
        for name in sorted(inputs & outputs):
            raise ValueError(f"Netlist name {name!r} is used twice, for an input and an output")
        for name in sorted(inputs | outputs):
            if name in ("clk", "rst", "enable"):
                raise ValueError(f"Netlist ports must not have the name {name!r}")
            if name in self.parts:
                raise ValueError(f"Netlist name {name!r} is used twice, for a part and a port")
        if not outputs:
            raise ValueError("Netlist must have at least one output")

    def _external_inputs(self) -> tuple[Port, ...]:
        found: dict[str, Port] = {}
        for end, source in self.ends:
            if not isinstance(source, Endpoint) or source.part is not None:
                continue
            port = dataclasses.replace(self.port_of(end), name=source.port)
            if source.port in found:
                other = found[source.port]
                _check_alike(end, port, source, other)
                low = max(port.range[0], other.range[0])
                high = min(port.range[1], other.range[1])
                if (low, high) != other.range:
                    port = dataclasses.replace(port, minimum=low, maximum=high)
                else:
                    port = other
            found[source.port] = port
        return tuple(found.values())

    def _external_outputs(self) -> tuple[Port, ...]:
        return tuple(
            dataclasses.replace(self.port_of(source), name=end.port)
            for end, source in self.ends
            if end.part is None and isinstance(source, Endpoint)
        )

    @functools.cached_property
    def before(self) -> dict[str, set[str]]:
        """For each part, the parts that drive it."""
        found: dict[str, set[str]] = {name: set() for name in self.parts}
        for end, source in self.ends:
            if (
                end.part is not None
                and isinstance(source, Endpoint)
                and source.part is not None
            ):
                found[end.part].add(source.part)
        return found

    def _combinational_order(self) -> list[str]:
        """Return the parts without latency, each after those that drive it."""
        direct = {name for name, part in self.parts.items() if part.latency == 0}
        graph = {name: self.before[name] & direct for name in self.parts if name in direct}
        try:
            return list(graphlib.TopologicalSorter(graph).static_order())
        except graphlib.CycleError as error:
            around = error.args[1][:-1]
            if len(around) == 1:
                raise ValueError(
                    f"Netlist must have no combinational loop, but {around[0]} drives itself"
                ) from None
            raise ValueError(
                "Netlist must have no combinational loop, but "
                f"{', '.join(around[:-1])} and {around[-1]} form one"
            ) from None

    @functools.cached_property
    def groups(self) -> list[list[str]]:
        """The parts in the order in which they run; those of a loop form one group."""
        reached = {name: _reachable(self.before, name) for name in self.parts}
        group_of = {}
        for name in self.parts:
            together = [o for o in self.parts if name in reached[o] and o in reached[name]]
            group_of[name] = tuple(together) if together else (name,)
        graph: dict[tuple[str, ...], set[tuple[str, ...]]] = {}
        for name, group in group_of.items():
            graph.setdefault(group, set()).update(group_of[b] for b in self.before[name])
            graph[group].discard(group)
        return [list(group) for group in graphlib.TopologicalSorter(graph).static_order()]

    def loops(self, group: list[str]) -> bool:
        """Return whether a group is a loop."""
        return len(group) > 1 or group[0] in self.before[group[0]]

    @functools.cached_property
    def latency(self) -> int:
        """The least number of cycles from an input to an output; 0 if no wire leads there."""
        far = 1 << 62
        after = dict.fromkeys(self.parts, far)
        for _ in range(len(self.parts)):
            for end, source in self.ends:
                if end.part is None or isinstance(source, int):
                    continue
                start = 0 if source.part is None else after[source.part]
                reached = start + self.parts[end.part].latency
                after[end.part] = min(after[end.part], reached)
        found = [
            after[source.part]
            for end, source in self.ends
            if end.part is None and isinstance(source, Endpoint) and source.part is not None
        ]
        least = min(found, default=0)
        return 0 if least >= far else least


def _reachable(before: dict[str, set[str]], name: str) -> set[str]:
    found: set[str] = set()
    waiting = list(before[name])
    while waiting:
        part = waiting.pop()
        if part not in found:
            found.add(part)
            waiting += before[part]
    return found


def _check_alike(end: Endpoint, port: Port, source: Endpoint, other: Port) -> None:
    """Raise a ValueError if a wire connects ports of different shapes."""
    if (port.width, port.signed, port.count) != (other.width, other.signed, other.count):
        raise ValueError(
            f"Netlist wire from {source} to {end} must join ports of one shape, "
            f"not {_shape(other)} and {_shape(port)}"
        )


def _shape(port: Port) -> str:
    bits = f"{port.width} {'signed ' if port.signed else ''}bit{'s' if port.width > 1 else ''}"
    return bits if port.count == 1 else f"{port.count} times {bits}"
