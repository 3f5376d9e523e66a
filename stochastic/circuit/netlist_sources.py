"""On which sequences the streams of a netlist depend, and which gates must not meet them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ..generators.generator import Generator, same_sequence
from ..generators.permuted import Permuted
from ..streams.independence import warn_of_correlation
from .netlist_wiring import Endpoint, Wiring
from .stream_circuit import StreamCircuit

if TYPE_CHECKING:
    from fixedpoint.circuit import Circuit, Port

__all__ = ["Source", "check_independent_operands", "stream_sources"]

# Words over which two sequences are compared.
COMPARED = 4096

# The sequence of a generator, or the name of a stream from outside.
Source = Generator | str

_same = lru_cache(maxsize=1024)(same_sequence)


def stream_sources(
    parts: Mapping[str, Circuit],
    wiring: Wiring,
    outside: Mapping[Source, frozenset[Source]] | None = None,
) -> dict[tuple[str, str, int | None], frozenset[Source]]:
    """Return on which sequences each element of each port depends.

    Parameters
    ----------
    parts : mapping of str to Circuit
    wiring : Wiring
    outside : mapping, optional
        On what the streams from outside depend, by name, where the netlist is itself a part.

    Returns
    -------
    dict
        By part, port and element; None for an output port, all of whose elements depend on
        the same. A stream from outside is named, as in ``"x"`` or ``"x[2]"``. What comes from
        a part that decorrelates depends on the part's generator, or else is named for the
        part and what it was given.
    """
    driving: dict[tuple[str, str], list[tuple[int | None, Any]]] = {}
    drivers: dict[str, str] = dict.fromkeys(parts, "")
    for end, source in wiring.ends:
        if end.part is not None:
            driving.setdefault((end.part, end.port), []).append((end.index, source))
            drivers[end.part] += f"{', ' if drivers[end.part] else ''}{source}"
    found: dict[tuple[str, str, int | None], frozenset[Source]] = {
        (name, port.name, None): frozenset()
        for name, part in parts.items()
        for port in part.outputs
    }
    changed = True
    while changed:
        changed = False
        for name, part in parts.items():
            given: dict[str, list[frozenset[Source]]] = {}
            for port in part.inputs:
                elements: list[frozenset[Source]] = [frozenset()] * port.count
                for index, source in driving[name, port.name]:
                    for i in range(port.count) if index is None else (index,):
                        elements[i] = _of(
                            source, i if index is None else None, port, found, outside or {}
                        )
                given[port.name] = elements
                found.update({(name, port.name, i): e for i, e in enumerate(elements)})
            for port in part.outputs:
                shown = _passed(part, port, given, drivers[name])
                if found[name, port.name, None] != shown:
                    found[name, port.name, None] = shown
                    changed = True
    return found


def _of(
    source: Any,
    element: int | None,
    port: Port,
    found: Any,
    outside: Mapping[Source, frozenset[Source]],
) -> frozenset[Source]:
    """Return on what the driver of an element depends."""
    if not isinstance(source, Endpoint):
        return frozenset()
    if source.part is not None:
        known: frozenset[Source] = found[source.part, source.port, None]
        return known
    if port.width != 1:
        # A number, not a stream.
        return frozenset()
    several = port.count > 1 and element is not None
    name = f"{source.port}[{element}]" if several else source.port
    return outside.get(name, frozenset([name]))


def _passed(
    part: Circuit, port: Port, given: Mapping[str, list[frozenset[Source]]], drivers: str
) -> frozenset[Source]:
    """Return on what an output of a part depends."""
    if isinstance(part, Generator):
        return frozenset([part])
    inner: Mapping[str, frozenset[Source]] | None = getattr(part, "output_sources", None)
    if inner is not None:
        # A netlist inside: what depends on its inputs depends on what drives them.
        elements: dict[Source, frozenset[Source]] = {}
        for name, several in given.items():
            elements.update(_named(name, several))
        return frozenset(
            s for source in inner[port.name] for s in elements.get(source, {source})
        )
    own: frozenset[Source] = frozenset(g for g in part.generators if isinstance(g, Generator))
    through = frozenset(s for elements in given.values() for e in elements for s in e)
    if getattr(part, "decorrelates", False):
        if own and sum(p.width == 1 for p in part.outputs) == 1:
            return own
        return frozenset([f"{port.name} of {part!r} on {drivers}"]) if through else through
    order = getattr(part, "order", None)
    if order is not None and "word" in given:
        words = given["word"][0]
        through -= words
        through |= {
            Permuted(width=s.width, generator=s, order=order)
            if isinstance(s, Generator) and s.width == len(order)
            else s
            for s in words
        }
    return own | through


def _named(port: str, elements: list[frozenset[Source]]) -> list[tuple[Source, Any]]:
    """Return elements by the names that they have inside of a netlist."""
    if len(elements) == 1:
        return [(port, elements[0])]
    return [(f"{port}[{i}]", element) for i, element in enumerate(elements)]


def check_independent_operands(
    parts: Mapping[str, Circuit],
    wiring: Wiring,
    outside: Mapping[Source, frozenset[Source]] | None = None,
) -> None:
    """Raise a ValueError if streams of one sequence meet where they must be independent.

    Parameters
    ----------
    parts : mapping of str to Circuit
    wiring : Wiring
    outside : mapping, optional
        On what the streams from outside depend, by name, where the netlist is itself a part.
    """
    sources = stream_sources(parts, wiring, outside)
    for name, part in parts.items():
        ends = {
            (port.name, i): f"{port.name}[{i}]" if port.count > 1 else port.name
            for port in part.inputs
            for i in range(port.count)
        }
        inner = getattr(part, "wiring", None)
        if inner is not None:
            if not part.correlated:  # type: ignore[attr-defined]
                given: dict[Source, frozenset[Source]] = {
                    text: sources[name, *end] for end, text in ends.items()
                }
                check_independent_operands(part.circuits, inner, given)  # type: ignore[attr-defined]
        elif isinstance(part, StreamCircuit):
            _check_part(name, part, {text: sources[name, *end] for end, text in ends.items()})


def _check_part(
    name: str, part: StreamCircuit, sources: Mapping[str, frozenset[Source]]
) -> None:
    """Raise a ValueError if streams of one sequence meet at a part, or its own generator."""
    meeting = [end for end in sources if end.partition("[")[0] in part.independent]
    for i, first in enumerate(meeting):
        for second in meeting[i + 1 :]:
            pair = _shared(name, sources[first], sources[second])
            if pair:
                raise ValueError(
                    f"Netlist part {name!r} needs independent operands, but {first} and "
                    f"{second} {_depend(*pair)}: pass correlated=True if that is meant"
                )
    if part.decorrelates:
        # A counter's output may be fed back, and counters may share a generator.
        return
    own = [g for g in part.generators if isinstance(g, Generator)]
    for end, depends in sources.items():
        pair = _shared(name, depends, own)
        if pair:
            raise ValueError(
                f"Netlist part {name!r} needs a generator of its own, but {end} depends on "
                f"{_shown(pair[0])} and the part has {_shown(pair[1])}, of the same sequence: "
                "pass correlated=True if that is meant"
            )


def _depend(first: Source, second: Source) -> str:
    if first == second:
        return f"both depend on {_shown(first)}"
    return f"depend on {_shown(first)} and {_shown(second)}, of the same sequence"


def _shown(source: Source) -> str:
    return source if isinstance(source, str) else repr(source)


def _shared(
    part: str, first: Iterable[Source], second: Iterable[Source]
) -> tuple[Source, Source] | None:
    """Return a pair of sources that are the same sequence; warn of those that correlate."""
    for one in first:
        for other in second:
            if one == other:
                return one, other
            if isinstance(one, Generator) and isinstance(other, Generator):
                length = min(max(one.period, other.period), COMPARED)
                if one.width == other.width and _same(one, other, length):
                    return one, other
                warn_of_correlation(
                    f"Netlist part {part!r}", one, other, length, "pass correlated=True"
                )
    return None
