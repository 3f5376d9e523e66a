"""Circuits whose ports carry bit streams, and how they run on arrays of them."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from fixedpoint.circuit import Circuit, check_choice, check_flag

from ..streams.bitstream import Bitstream
from ..streams.independence import require_independent
from ..streams.operands import check_shapes, check_streams, refuse_zero
from ..streams.packing import pack, unpack

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from fixedpoint.circuit import Port

    from ..generators.generator import Generator

__all__ = ["StreamCircuit"]

# Values that the bit engine holds at a time for one port, 8 bytes each.
BLOCK_VALUES = 1 << 21


@dataclasses.dataclass(frozen=True, kw_only=True)
class StreamCircuit(Circuit):
    """Circuit whose input ports carry bit streams, one bit a cycle.

    A sign-magnitude stream has two wires: the port ``NAME`` and the port ``NAME_sign``.
    """

    # Input ports whose streams must be independent of each other.
    independent: ClassVar[tuple[str, ...]] = ()
    # Input ports of several streams that all carry one value.
    copies: ClassVar[tuple[str, ...]] = ()
    # Input ports whose streams must not be zero: divisors.
    nonzero: ClassVar[tuple[str, ...]] = ()
    # Whether the outputs keep the value of the inputs, but not their bits cycle by cycle.
    decorrelates: ClassVar[bool] = False

    @property
    def generators(self) -> tuple[Generator, ...]:
        return ()

    @property
    def encodings(self) -> dict[str, str | None]:
        """The encoding of each stream, by port name.

        None stands for any encoding with one wire. All streams with None share one encoding.
        By default every stream has the circuit's `encoding`, or None if it has no such field.
        """
        encoding = getattr(self, "encoding", None)
        return {port.name: encoding for port in self.ports if port.width == 1}

    @property
    def has_packed(self) -> bool:
        """Whether the circuit has a packed engine."""
        return type(self)._packed is not StreamCircuit._packed

    def _packed(
        self,
        words: list[NDArray[np.uint32]],
        inputs: dict[str, Any],
        length: int,
    ) -> dict[str, NDArray[np.uint64]]:
        """Run on packed streams, from reset, always enabled.

        Parameters
        ----------
        words : list of uint32 array ``[length]``
            The words of each generator.
        inputs : dict of str to uint64 array ``[..., ceil(length / 64)]``
            The streams of each port, of shapes that broadcast; a list of such arrays where
            the port's count is over 1.
        length : int

        Returns
        -------
        dict of str to uint64 array ``[..., ceil(length / 64)]``
            Of the shape to which the inputs broadcast. Bits past the length may have any
            value.
        """
        raise NotImplementedError

    def apply(
        self,
        *,
        engine: str = "auto",
        correlated: bool = False,
        **streams: Bitstream | Sequence[Bitstream],
    ) -> Any:
        """Run the circuit on arrays of streams, each from reset.

        Parameters
        ----------
        engine : {"auto", "bit", "packed"}
            ``"bit"`` runs the golden model cycle by cycle, ``"packed"`` takes 64 cycles or 64
            streams a word. Both give the same bits. ``"auto"`` takes the packed engine where
            the circuit has one.
        correlated : bool
            Whether streams of one sequence may meet where the circuit needs independent ones.
        **streams : Bitstream, or sequence of Bitstream
            One argument for each input port, a sequence of `Port.count` streams where that is
            over 1. All have one length, and shapes that broadcast.

        Returns
        -------
        Bitstream, int64 array or dict of str to either
            The output, or a dictionary by port name where there are several. A port of more
            than one bit gives its values, ``[..., N]``.

        Raises
        ------
        TypeError, ValueError
            If a port is missing or unknown; if lengths, shapes or encodings do not fit; if
            two streams that must be independent have the same sequence; if a divisor is 0.

        Examples
        --------
        >>> from stochastic import Bitstream, Multiplier
        >>> a = Bitstream.from_bits([1, 1, 0, 0], "unipolar")
        >>> b = Bitstream.from_bits([1, 0, 1, 0], "unipolar")
        >>> Multiplier().apply(a=a, b=b)
        Bitstream(unipolar 0.25, 4 bits 1000)
        """
        name = type(self).__name__
        check_choice(f"{name} engine", engine, ("auto", "bit", "packed"))
        check_flag(f"{name} correlated", correlated)
        operands = self._operands(streams)
        every = [stream for group in operands.values() for stream in group]
        shape = check_shapes(name, *every)
        length = every[0].length
        common = self._check_encodings(operands)
        for port in self.nonzero:
            refuse_zero(f"{name} {port}", *operands[port])
        if not correlated:
            self._check_independence(operands, length)

        if engine == "packed" and not self.has_packed:
            raise ValueError(f"{name} has no packed engine: take engine='bit'")
        wires = self._wires(operands)
        if engine == "bit" or not self.has_packed:
            outputs = self._by_bits(wires, shape, length)
        else:
            words = [g.words(length) for g in self.generators]
            outputs = self._packed(words, wires, length)
        generators = tuple(
            dict.fromkeys((*(g for s in every for g in s.generators), *self.generators))
        )
        return self._results(outputs, shape, length, common, generators)

    def _operands(
        self, streams: Mapping[str, Bitstream | Sequence[Bitstream]]
    ) -> dict[str, tuple[Bitstream, ...]]:
        """Return the streams of each input port, sign wires aside."""
        kind = type(self).__name__
        ports = {p.name: p for p in self.inputs if not self._is_sign(p)}
        for name in streams:
            if name not in ports:
                raise ValueError(f"{kind} has no input stream {name!r}")
        operands: dict[str, tuple[Bitstream, ...]] = {}
        for name, port in ports.items():
            if port.width != 1:
                raise ValueError(
                    f"{kind} cannot be applied to streams: port {name} has {port.width} bits"
                )
            if name not in streams:
                raise ValueError(f"{kind} needs the input stream {name!r}")
            value = streams[name]
            group = (value,) if isinstance(value, Bitstream) else value
            if port.count == 1:
                check_streams(kind, value)
            if not isinstance(group, list | tuple) or len(group) != port.count:
                raise ValueError(
                    f"{kind} {name} must be {port.count} streams, "
                    f"not {len(group) if isinstance(group, list | tuple) else repr(group)}"
                )
            check_streams(kind, *group)
            for stream in group:
                if stream.streams is not None:
                    raise ValueError(f"{kind} takes plain streams, not integral ones")
            operands[name] = tuple(group)
        return operands

    def _is_sign(self, port: Port) -> bool:
        base = port.name.removesuffix("_sign")
        return base != port.name and any(p.name == base for p in self.ports)

    def _check_encodings(self, operands: dict[str, tuple[Bitstream, ...]]) -> str | None:
        """Check every stream's encoding; return the one that ports of any encoding share."""
        kind, encodings = type(self).__name__, self.encodings
        common: str | None = None
        for name, group in operands.items():
            for stream in group:
                wanted = encodings[name] or common
                if wanted is None:
                    common = stream.encoding
                    if common == "sign-magnitude":
                        raise ValueError(f"{kind} {name} must have one wire, not two")
                elif stream.encoding != wanted:
                    raise ValueError(f"{kind} {name} must be {wanted}, not {stream.encoding}")
        return common

    def _check_independence(
        self, operands: dict[str, tuple[Bitstream, ...]], length: int
    ) -> None:
        kind = type(self).__name__
        groups = [s.generators for name in self.independent for s in operands[name]]
        for i, first in enumerate(groups):
            for second in groups[i + 1 :]:
                require_independent(kind, first, second, length)
        for group in operands.values():
            for stream in group:
                require_independent(kind, stream.generators, self.generators, length)

    def _wires(self, operands: dict[str, tuple[Bitstream, ...]]) -> dict[str, Any]:
        """Return the packed words of every input port, sign wires too."""
        wires: dict[str, Any] = {}
        for port in self.inputs:
            sign = self._is_sign(port)
            group = operands[port.name.removesuffix("_sign") if sign else port.name]
            parts = [s.sign_words if sign else s.words for s in group]
            wires[port.name] = parts[0] if port.count == 1 else parts
        return wires

    def _by_bits(
        self, wires: dict[str, Any], shape: tuple[int, ...], length: int
    ) -> dict[str, NDArray[Any]]:
        """Run the golden model on as many streams at a time as memory allows."""
        flat = {
            name: [
                np.broadcast_to(w, (*shape, w.shape[-1])).reshape(-1, w.shape[-1])
                for w in ([wire] if isinstance(wire, np.ndarray) else wire)
            ]
            for name, wire in wires.items()
        }
        lanes = math.prod(shape)
        block = max(1, BLOCK_VALUES // length)
        found: dict[str, list[NDArray[Any]]] = {p.name: [] for p in self.outputs}
        for begin in range(0, max(lanes, 1), block):
            part = slice(begin, begin + block)
            inputs = {}
            for name, parts in flat.items():
                bits = np.stack([unpack(w[part], length) for w in parts], axis=1)
                inputs[name] = bits.reshape(-1, length).T.astype(np.int64)
            outputs, _ = self.run(inputs, cycles=length)
            for port in self.outputs:
                values = np.ascontiguousarray(outputs[port.name].T)
                found[port.name].append(pack(values != 0) if port.width == 1 else values)
        return {name: np.concatenate(parts) for name, parts in found.items()}

    def _results(
        self,
        outputs: dict[str, NDArray[Any]],
        shape: tuple[int, ...],
        length: int,
        common: str | None,
        generators: tuple[Generator, ...],
    ) -> Any:
        results: dict[str, Any] = {}
        for port in self.outputs:
            if self._is_sign(port):
                continue
            values = outputs[port.name]
            values = values.reshape(*shape, values.shape[-1])
            if port.width != 1:
                results[port.name] = values
                continue
            signs = outputs.get(f"{port.name}_sign")
            results[port.name] = Bitstream.from_words(
                values,
                length,
                self.encodings[port.name] or common or "unipolar",
                generators,
                None if signs is None else signs.reshape(*shape, signs.shape[-1]),
            )
        return results if len(results) > 1 else next(iter(results.values()))
