"""Netlists: circuits joined by wires are a circuit too."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from fixedpoint.circuit import (
    Circuit,
    Parameters,
    Port,
    Register,
    State,
    WordSource,
    check_flag,
)
from fixedpoint.circuit.checks import shown

from ..streams.operands import refuse_zero
from .netlist_divisors import check_divisors, with_divisors_shown
from .netlist_encodings import StreamEncodings
from .netlist_run import can_pack, element, run_netlist, run_packed
from .netlist_sources import Source, check_independent_operands, stream_sources
from .netlist_wiring import NAME, Endpoint, Wiring
from .stream_circuit import StreamCircuit

__all__ = ["Netlist", "Part"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Part(Parameters):
    """One part of a netlist.

    Parameters
    ----------
    name : str
        A letter, then letters, digits and underscores.
    circuit : Circuit
    """

    name: str
    circuit: Circuit

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not NAME.fullmatch(self.name):
            raise ValueError(
                f"Netlist part must have a name of letters, not {shown(self.name)}"
            )
        if not isinstance(self.circuit, Circuit):
            raise TypeError(
                f"Netlist part {shown(self.name)} must be a circuit, not {shown(self.circuit)}"
            )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Netlist(StreamCircuit):
    """Netlist: circuits joined by wires.

    Parameters
    ----------
    parts : mapping of str to Circuit, or tuple of Part
        The parts by name.
    wires : mapping of str to str or int, or tuple of pairs
        What drives each end. An end is ``"part.port"``, or ``"part.port[2]"`` for one element
        of a port of several, or a name without a dot for a port of the netlist. An integer
        is a constant.
    correlated : bool
        Whether streams of one sequence may meet where a part needs independent ones.
    reinterpreted : bool
        Whether a wire may lead from a port of one encoding to one of another: a bipolar
        stream of value x is a unipolar one of value (x + 1) / 2.

    Raises
    ------
    TypeError, ValueError
        If a part is no circuit; a part or port is unknown, a name used twice; an input has no
        wire, or two; a wire joins ports of different shapes or encodings; parts without
        latency form a loop; two streams that must be independent depend on the same sequence;
        a divisor is a constant 0.

    Notes
    -----
    The ports of the netlist follow from its wires: they are inputs where they drive, outputs
    where they are driven, and have the shape of the part's port. Loops are allowed through
    parts whose latency is 1 or more. The latency is that of the shortest way from an input
    to an output.

    The registers are those of the parts, called ``part.register``. Every part has its own
    generators, even where their parameters are the same.

    Where a part needs independent operands, as `Multiplier` does, no two of them may depend on
    the same stream from outside, nor on generators of the same sequence, on whatever way. An
    `Isolator`, and a circuit that makes a stream anew, ends the dependence. Streams from
    outside of different names count as independent, but for `apply`, which knows their
    generators.

    Examples
    --------
    The ADDIE: an integrator whose stream is fed back.

    >>> from stochastic import Counter, Integrator
    >>> from stochastic.circuit import Netlist
    >>> addie = Netlist(
    ...     parts={"integrator": Integrator(width=1, generator=Counter(width=1))},
    ...     wires={
    ...         "integrator.increment": "stream_in",
    ...         "integrator.decrement": "integrator.stream",
    ...         "value": "integrator.value",
    ...     },
    ... )
    >>> outputs, _ = addie.run({"stream_in": [1, 1, 1, 0, 0, 0]})
    >>> outputs["value"][:, 0].tolist()
    [0, 1, 2, 2, 1, 0]
    """

    parts: tuple[Part, ...] | Mapping[str, Circuit]
    wires: tuple[tuple[str, str | int], ...] | Mapping[str, str | int]
    correlated: bool = False
    reinterpreted: bool = False

    def __post_init__(self) -> None:
        parts, wires = self.parts, self.wires
        if isinstance(parts, Mapping):
            parts = tuple(Part(name=name, circuit=part) for name, part in parts.items())
        if isinstance(wires, Mapping):
            wires = tuple(wires.items())
        if not isinstance(parts, tuple) or not all(isinstance(p, Part) for p in parts):
            raise TypeError(
                f"Netlist parts must be a mapping or a tuple of Part, not {shown(parts)}"
            )
        if not isinstance(wires, tuple) or not all(
            isinstance(w, tuple) and len(w) == 2 for w in wires
        ):
            raise TypeError(
                f"Netlist wires must be a mapping or a tuple of pairs, not {shown(wires)}"
            )
        names = [part.name for part in parts]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"Netlist name {name!r} is used twice, for two parts")
        check_flag("Netlist correlated", self.correlated)
        check_flag("Netlist reinterpreted", self.reinterpreted)
        self._set(parts=parts, wires=wires)
        wiring = self.wiring
        # Made here, so that streams of two encodings at one wire are refused.
        _ = self.stream_encodings
        check_divisors(self.circuits, wiring)
        if not self.correlated:
            check_independent_operands(self.circuits, wiring)

    @functools.cached_property
    def circuits(self) -> dict[str, Circuit]:
        """The parts by name."""
        assert isinstance(self.parts, tuple)
        return {part.name: part.circuit for part in self.parts}

    @functools.cached_property
    def wiring(self) -> Wiring:
        """The wires, checked, and the order of the parts."""
        assert isinstance(self.wires, tuple)
        return Wiring(self.circuits, self.wires)

    @property
    def ports(self) -> tuple[Port, ...]:
        return (*self.wiring.inputs, *self.wiring.outputs)

    @functools.cached_property
    def registers(self) -> tuple[Register, ...]:  # type: ignore[override]
        return tuple(
            dataclasses.replace(register, name=f"{name}.{register.name}")
            for name, part in self.circuits.items()
            for register in part.registers
        )

    @functools.cached_property
    def generators(self) -> tuple[WordSource, ...]:  # type: ignore[override]
        return tuple(g for part in self.circuits.values() for g in part.generators)

    @property
    def latency(self) -> int:
        return self.wiring.latency

    @functools.cached_property
    def stream_encodings(self) -> StreamEncodings:
        """The encodings of all streams, as they follow from those of the parts' ports."""
        return StreamEncodings(self.circuits, self.wiring.ends, self.reinterpreted)

    @property
    def encodings(self) -> dict[str, str | None]:
        ports = [port.name for port in self.ports if port.width == 1]
        return {port: self.stream_encodings.group(port)[1] for port in ports}

    @functools.cached_property
    def output_sources(self) -> dict[str, frozenset[Source]]:
        """On which sequences each output depends: generators, and names of inputs."""
        found = stream_sources(self.circuits, self.wiring)
        return {
            end.port: found[source.part, source.port, None]
            for end, source in self.wiring.ends
            if end.part is None and isinstance(source, Endpoint) and source.part is not None
        }

    def reset(self, lanes: int = 1) -> State:
        """Return the reset state of every part."""
        registers = {}
        for name, part in self.circuits.items():
            for register, values in part.reset(lanes).registers.items():
                registers[f"{name}.{register}"] = values
        return State(0, registers)

    @functools.cached_property
    def word_slices(self) -> dict[str, slice]:
        """Which of the generators are those of each part."""
        found, begin = {}, 0
        for name, part in self.circuits.items():
            found[name] = slice(begin, begin + len(part.generators))
            begin += len(part.generators)
        return found

    @functools.cached_property
    def order(self) -> list[str]:
        """Return the parts in the order in which their outputs are known."""
        late = [name for name in self.circuits if name not in self.wiring.combinational]
        return late + self.wiring.combinational

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        values: dict[str, Any] = dict(inputs)
        after: dict[str, Any] = {}

        def run(name: str, known: bool) -> dict[str, Any]:
            part = self.circuits[name]
            held = {r.name: registers[f"{name}.{r.name}"] for r in part.registers}
            given = {p.name: self._value_at(name, p, values, known) for p in part.inputs}
            moved, shown = part.step(held, words[self.word_slices[name]], **given)
            after.update({f"{name}.{n}": v for n, v in moved.items()})
            return shown

        for name in self.order:
            known = name in self.wiring.combinational
            values.update({f"{name}.{n}": v for n, v in run(name, known).items()})
        # Parts with latency showed their outputs before their inputs were known.
        for name in self.circuits:
            run(name, True)
        return after, {
            end.port: element(values, source)
            for end, source in self.wiring.ends
            if end.part is None and isinstance(source, Endpoint)
        }

    def _value_at(self, name: str, port: Port, values: dict[str, Any], known: bool) -> Any:
        """Return the value of one cycle at an input of a part; zeros while it is not known."""
        if not known:
            value = min(max(0, port.range[0]), port.range[1])
            return value if port.count == 1 else [value] * port.count
        sources = self.drivers[name, port.name]
        if None in sources:
            source = sources[None]
            if isinstance(source, int):
                return source if port.count == 1 else [source] * port.count
            return element(values, source)
        return [
            s if isinstance(s, int) else element(values, s)
            for s in (sources[i] for i in range(port.count))
        ]

    @functools.cached_property
    def drivers(self) -> dict[tuple[str, str], dict[int | None, Any]]:
        """What drives each input of each part: by element, or None for the whole port."""
        found: dict[tuple[str, str], dict[int | None, Any]] = {}
        for end, source in self.wiring.ends:
            if end.part is not None:
                found.setdefault((end.part, end.port), {})[end.index] = source
        return found

    def _check_encodings(self, operands):
        if not self.reinterpreted:
            return super()._check_encodings(operands)
        # A stream may be read in several encodings, but with its sign or without.
        ports = [port.name for port in self.inputs]
        common = None
        for name, group in operands.items():
            signed = f"{name}_sign" in ports
            for stream in group:
                if signed != (stream.encoding == "sign-magnitude"):
                    raise ValueError(
                        f"Netlist {name} must have {'two wires' if signed else 'one wire'}, "
                        f"not be {stream.encoding}"
                    )
                if self.encodings[name] is None:
                    common = common or stream.encoding
        return common

    def _check_independence(self, operands, length) -> None:
        if self.correlated:
            return
        streams: dict[Source, frozenset[Source]] = {}
        for name, group in operands.items():
            for i, stream in enumerate(group):
                text = name if len(group) == 1 else f"{name}[{i}]"
                streams[text] = frozenset(stream.generators)
        check_independent_operands(self.circuits, self.wiring, streams)

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        run_netlist(self, enable, words, inputs, registers, outputs)

    @functools.cached_property
    def has_packed(self) -> bool:  # type: ignore[override]
        return can_pack(self)

    def _packed(self, words, inputs, length):
        wires = [
            w for wire in inputs.values() for w in (wire if isinstance(wire, list) else [wire])
        ]
        shape = np.broadcast_shapes(*(wire.shape[:-1] for wire in wires))
        shown = run_packed(self, words, inputs, length)
        # A wire from which nothing leads to all inputs may have a smaller shape.
        return {
            name: np.broadcast_to(wire, (*shape, wire.shape[-1])).copy()
            for name, wire in shown.items()
        }

    def apply(self, *, engine="auto", correlated=False, **streams):
        shown, divisors = with_divisors_shown(self)
        if not divisors:
            return super().apply(engine=engine, correlated=correlated, **streams)
        outputs = StreamCircuit.apply(shown, engine=engine, correlated=correlated, **streams)
        own = [port.name for port in self.outputs]
        if not isinstance(outputs, dict):
            outputs = dict.fromkeys(own, outputs)
        for name, end in divisors.items():
            refuse_zero(f"Netlist port {end}", outputs.get(name, streams.get(name)))
        results = {name: outputs[name] for name in own if name in outputs}
        return results if len(results) > 1 else next(iter(results.values()))
