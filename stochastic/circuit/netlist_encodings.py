"""Which encoding each stream of a netlist has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from .netlist_wiring import Endpoint

if TYPE_CHECKING:
    from fixedpoint.circuit import Circuit

__all__ = ["StreamEncodings"]

# A port of a part, a port of the netlist, or what a part's ports of any encoding share.
Place = tuple[str | None, str]


class StreamEncodings:
    """The encodings of all streams, which follow from those of some ports.

    Ports that a wire joins carry one encoding, and so do the ports of a part that take any
    one. Ports of numbers and of control have none.

    Parameters
    ----------
    parts : mapping of str to Circuit
    ends : iterable of pairs
        The end that is driven, and what drives it, as in `Wiring.ends`.
    reinterpreted : bool
        Whether a wire may join two encodings: then it tells nothing.

    Raises
    ------
    ValueError
        If a wire joins two encodings, and that is not meant.
    """

    def __init__(
        self,
        parts: Mapping[str, Circuit],
        ends: Iterable[tuple[Endpoint, Any]],
        reinterpreted: bool,
    ) -> None:
        self._above: dict[Place, Place] = {}
        self._known: dict[Place, str] = {}
        streams: set[Place] = set()
        for name, part in parts.items():
            for port, (label, encoding) in _groups(part).items():
                place = name, port
                streams.add(place)
                if encoding is not None:
                    self._known[self._root((name, f"={label}"))] = encoding
                self._above[place] = self._root((name, f"={label}"))
        for end, source in ends:
            if isinstance(source, Endpoint):
                places = [(e.part, e.port) for e in (source, end)]
                if all(part is None or (part, port) in streams for part, port in places):
                    self._join(source, end, reinterpreted)

    def of(self, part: str, port: str) -> str | None:
        """Return the encoding of a part's port, or None if it is not known."""
        return self._known.get(self._root((part, port)))

    def group(self, port: str) -> tuple[str, str | None]:
        """Return the group of a port of the netlist, and its encoding if that is known."""
        root = self._root((None, port))
        return f"{root[0]}.{root[1]}", self._known.get(root)

    def _root(self, place: Place) -> Place:
        while place in self._above:
            place = self._above[place]
        return place

    def _join(self, source: Endpoint, end: Endpoint, reinterpreted: bool) -> None:
        first, second = self._root((source.part, source.port)), self._root((end.part, end.port))
        if first == second:
            return
        one, other = self._known.get(first), self._known.get(second)
        if one is not None and other is not None and one != other:
            if reinterpreted:
                return
            raise ValueError(
                f"Netlist wire from {source} to {end} must join streams of one encoding, not "
                f"{one} and {other}: pass reinterpreted=True if that is meant"
            )
        self._above[second] = first
        if one is None and other is not None:
            self._known[first] = other


def _groups(part: Circuit) -> dict[str, tuple[str, str | None]]:
    """Return, for each port of streams of a part, its group and the encoding."""
    inner: StreamEncodings | None = getattr(part, "stream_encodings", None)
    if inner is not None:
        return {port.name: inner.group(port.name) for port in part.ports if port.width == 1}
    encodings: Mapping[str, str | None] = getattr(part, "encodings", {})
    return {port: (encoding or "any", encoding) for port, encoding in encodings.items()}
