"""Input ports that carry real values, as a stream or as a code."""

from __future__ import annotations

import dataclasses

from fixedpoint.circuit import Circuit, Port
from stochastic.circuit import Netlist

__all__ = ["ValuePort", "value_ports", "with_encoding"]


@dataclasses.dataclass(frozen=True)
class ValuePort:
    """An input port of values.

    Attributes
    ----------
    port : Port
    encoding : str
    coded : bool
        Whether it takes a code, or a stream.
    values : int
        How many values it carries; fewer than streams where those are copies.
    """

    port: Port
    encoding: str
    coded: bool
    values: int

    @property
    def name(self) -> str:
        """The port's name."""
        return self.port.name

    @property
    def low(self) -> float:
        """The least value."""
        return 0.0 if self.encoding == "unipolar" else -1.0


def value_ports(circuit: Circuit, common: str) -> list[ValuePort] | None:
    """Return the input ports of a circuit, or None if one of them carries something else.

    Parameters
    ----------
    circuit : Circuit
    common : str
        The encoding of ports that take any.
    """
    encodings = getattr(circuit, "encodings", {})
    found = []
    names = {port.name for port in circuit.inputs}
    for port in circuit.inputs:
        if port.name.removesuffix("_sign") in names - {port.name}:
            continue
        coded = port.width > 1 and port.range == (0, 1 << (port.width - 1)) and not port.signed
        if coded:
            encoding = _of_code(circuit, port.name) or common
        elif port.width == 1 and port.name in encodings:
            encoding = encodings[port.name] or common
        else:
            return None
        copied = port.name in getattr(circuit, "copies", ())
        found.append(ValuePort(port, encoding, coded, 1 if copied else port.count))
    return found


def _of_code(circuit: Circuit, name: str) -> str | None:
    """Return the encoding of a code: the circuit's, or that of the stream made of it."""
    if not isinstance(circuit, Netlist):
        return getattr(circuit, "encoding", None)
    for end, source in circuit.wiring.ends:
        if end.part is not None and str(source) == name:
            part = circuit.circuits[end.part]
            for port in part.outputs:
                encoding = circuit.stream_encodings.of(end.part, port.name)
                if encoding is not None:
                    return encoding
    return None


def with_encoding(circuit: Circuit, encoding: str | None) -> tuple[Circuit, str]:
    """Return the circuit for streams of an encoding, and that of ports that take any.

    Raises
    ------
    ValueError
        If the circuit has another one.
    """
    if encoding is None:
        return circuit, "unipolar"
    if hasattr(circuit, "encoding"):
        return circuit.replace(encoding=encoding), encoding  # type: ignore[call-arg]
    encodings = getattr(circuit, "encodings", None)
    streams = [port.name for port in circuit.inputs if port.name in (encodings or {})]
    # Ports of any encoding have one wire.
    fitting = (encoding,) if encoding == "sign-magnitude" else (None, encoding)
    if encodings is None or any(encodings[name] not in fitting for name in streams):
        kind = type(circuit).__name__
        raise ValueError(f"{kind} takes no streams of encoding {encoding}")
    return circuit, encoding
