"""Nodes of expressions: what a stream stands for, and the gate that makes it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from fixedpoint.circuit import Circuit

    from ..generators.generator import Generator
    from ..streams.bitstream import Bitstream

__all__ = ["Gate", "Node"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Gate:
    """The circuit that makes a stream from those of the operands.

    Attributes
    ----------
    name : str
        Name of the part in the netlist.
    circuit : Circuit, optional
    build : callable, optional
        ``build(generator)`` makes the circuit where it has a generator of its own.
        With `circuit` too, `build` serves where a state machine reads the result: its law
        holds for independent bits, and a counting adder makes regular ones.
    inputs : tuple of tuple of str
        The ports, or elements of ports, that each operand drives.
    output, build_output : str
        The port of the result, of `circuit` and of what `build` makes.
    meeting : {"any", "independent", "correlated", "synchronized"}
        How the operands must be related. Those of a gate behind a synchronizer may be
        related in any way but anti-correlated.
    apart : Circuit, optional
        With ``"correlated"``: the circuit for operands that are not, with a synchronizer.
    irregular : bool
        Whether the law needs independent bits in time.
    width : int, optional
        The largest width of the generator inside.
    """

    name: str
    circuit: Circuit | None = None
    build: Callable[[Generator], Circuit] | None = None
    inputs: tuple[tuple[str, ...], ...]
    output: str = ""
    build_output: str = ""
    meeting: str = "any"
    apart: Circuit | None = None
    irregular: bool = False
    width: int | None = None


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class Node:
    """A value in an expression, and the stream that carries it.

    Attributes
    ----------
    kind : str
        ``"number"``, ``"stream"``, ``"constant"``; ``"gate"``; ``"same"`` for the operand's
        stream with another scale; ``"magnitude"`` and ``"negated"`` for a sign-magnitude
        operand without its sign, and with the other one.
    encoding : {"unipolar", "bipolar", "sign-magnitude"}
    scale : float
        The value is `scale` times that of the stream.
    low, high : float
        Range of the value.
    operands : tuple of Node
    ideal : callable, optional
        The function that the gate stands for, of the operands' values.
    gate : Gate, optional
    name : str
        Of an input.
    constant : float
        Of a constant.
    streams : int, optional
        K, where the result is the count of K streams in each cycle.
    adder : str
        How a sum is made: sums of one kind are joined.
    """

    kind: str
    encoding: str
    scale: float
    low: float
    high: float
    operands: tuple[Node, ...] = ()
    ideal: Callable[..., Any] | None = None
    gate: Gate | None = None
    name: str = ""
    constant: float = 0.0
    streams: int | None = None
    adder: str = ""

    def decode(self, result: Bitstream | Any) -> Any:
        """Return the values that streams of this node carry.

        Parameters
        ----------
        result : Bitstream of any shape, or integer array ``[..., N]`` of counts

        Returns
        -------
        float64 array of the streams' shape
        """
        if self.streams is None:
            return self.scale * np.asarray(result.value)
        mean = np.asarray(result, np.float64).mean(axis=-1)
        return self.scale * (mean if self.encoding == "unipolar" else 2 * mean - self.streams)

    def __str__(self) -> str:
        if self.kind == "constant":
            return f"{self.constant:g}"
        if self.kind == "same":
            return str(self.operands[0])
        if self.name:
            return self.name
        what = self.gate.name if self.gate else self.kind
        return f"{what}({', '.join(map(str, self.operands))})"
