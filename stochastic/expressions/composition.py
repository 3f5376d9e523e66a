"""Compositions: the netlist of expressions, and what its streams mean."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fixedpoint.circuit import check_array, check_integer

from ..circuit.netlist import Netlist
from ..circuit.netlist_wiring import NAME
from ..correlation.isolator import Isolator
from ..streams.bitstream import Bitstream
from ..streams.codes import to_codes
from ..streams.encode import encode
from .assembly import assembled
from .correlation import Correlation, correlation, unsigned
from .lowering import Lowered, Wire, lowered
from .node import Node
from .plan import GeneratorPlan, planned

if TYPE_CHECKING:
    from ..generators.generator import Generator

__all__ = ["Composition", "compose"]


@dataclasses.dataclass(frozen=True, eq=False)
class Composition:
    """The circuit of some expressions.

    Attributes
    ----------
    outputs : dict of str to Expression
    netlist : Netlist
        The circuit: a code in for each number, a stream for each stream, a stream out (or a
        count) for each output. A code is that of the value over the scale.
    plan : GeneratorPlan
        Which generators there are; `print` shows it as a table.
    width : int
        Bits of a generator's word.
    """

    outputs: dict[str, Node]
    netlist: Netlist
    plan: GeneratorPlan
    width: int
    lowered: Lowered
    wires: dict[str, Wire]

    @functools.cached_property
    def streams(self) -> Netlist:
        """The netlist behind the SNGs: streams in and out."""
        return assembled(self.lowered, self.plan, self.width, self.wires, inside=False)

    @functools.cached_property
    def inputs(self) -> dict[str, Node]:
        """The numbers and streams from outside, by name."""
        found: dict[str, Node] = {}
        waiting = list(self.outputs.values())
        while waiting:
            node = waiting.pop(0)
            if node.name:
                found[node.name] = node
            waiting += node.operands
        return found

    def codes(self, **values: Any) -> dict[str, Any]:
        """Return the values at the ports of `netlist` for values of the numbers.

        Parameters
        ----------
        **values : float array of any shape, by name

        Returns
        -------
        dict of str to int64 array of the same shape
        """
        found = {}
        for name, value in self._given(values, "number").items():
            node = self.inputs[name]
            code = to_codes(value / node.scale, self.width, node.encoding)
            found[name] = np.abs(code) if node.encoding == "sign-magnitude" else code
            if node.encoding == "sign-magnitude":
                found[f"{name}_sign"] = (value < 0).astype(np.int64)
        return found

    def evaluate(self, *, length: int | None = None, **values: Any) -> dict[str, Any]:
        """Return the values of the outputs by streams, bit for bit those of the netlist.

        Parameters
        ----------
        length : int, optional
            Cycles, N; by default 2^width.
        **values : float array, or Bitstream for a stream, by name
            Of shapes that broadcast.

        Returns
        -------
        dict of str to float64 array

        Raises
        ------
        TypeError, ValueError
            If a value is missing, unknown, or outside of its range.
        """
        results = _applied(self.streams, self._streams(length, values))
        return {name: node.decode(results[name]) for name, node in self.outputs.items()}

    def exact(self, **values: Any) -> dict[str, Any]:
        """Return the outputs' values in floating point, of the functions as written."""
        given = self._given(values, "number", "stream")
        found: dict[int, Any] = {}

        def value(node: Node) -> Any:
            if id(node) not in found:
                if node.kind == "constant":
                    found[id(node)] = np.float64(node.constant)
                elif node.name:
                    found[id(node)] = given[node.name]
                else:
                    operands = [value(operand) for operand in node.operands]
                    ideal = node.ideal or (lambda operand: -operand)
                    found[id(node)] = ideal(*operands)
            return found[id(node)]

        return {name: value(node) for name, node in self.outputs.items()}

    def correlations(self, *, length: int | None = None, **values: Any) -> list[Correlation]:
        """Return the SCC of all operands that must be independent, by simulation.

        Parameters
        ----------
        length : int, optional
        **values : as for `evaluate`; arrays of many values tell more than one.

        Returns
        -------
        list of Correlation
            A part's operands that are correlated on the average of the values mean that the
            plan was too bold; `Correlation.bold` says so.
        """
        probes: dict[str, Wire] = {}
        ends = []
        for meeting in self.lowered.independent:
            names = []
            for i, wire in enumerate(meeting.operands):
                name = f"probe{len(probes)}"
                names.append((meeting.gate.inputs[i][0], name))
                probes[name] = wire
            ends.append((meeting.part, names))
        given = self._streams(length, values)
        inner = {n: w for n, w in probes.items() if isinstance(w.bit, str) and "." in w.bit}
        shown: dict[str, Any] = {}
        if inner:
            netlist = assembled(self.lowered, self.plan, self.width, inner, inside=False)
            shown = _applied(netlist, given)
        found = []
        for part, names in ends:
            for i, (first, one) in enumerate(names):
                for second, other in names[i + 1 :]:
                    a, b = (
                        shown[n] if n in shown else self._probed(probes[n], given)
                        for n in (one, other)
                    )
                    if a is not None and b is not None:
                        found.append(correlation(part, (first, second), a, b))
        return found

    def _probed(self, wire: Wire, given: Mapping[str, Bitstream]) -> Bitstream | None:
        """Return the stream of an SNG or from outside; None for a constant bit."""
        if isinstance(wire.bit, int):
            return None
        if isinstance(wire.bit, str):
            return given[wire.bit]
        stream = given[f"{wire.bit.name}_stream"]
        delay = self.plan.sequence_of[wire.bit].delay
        late: Bitstream = Isolator(cycles=delay).apply(x=stream) if delay else stream
        return late

    def _given(self, values: Mapping[str, Any], *kinds: str) -> dict[str, Any]:
        """Return the values of inputs as arrays, checked."""
        for name in values:
            if name not in self.inputs:
                raise ValueError(f"there is no input {name!r}, only {', '.join(self.inputs)}")
        found: dict[str, Any] = {}
        for name, node in self.inputs.items():
            if node.kind not in kinds:
                continue
            if name not in values:
                raise ValueError(f"the input {name!r} needs a value")
            value = values[name]
            if isinstance(value, Bitstream):
                found[name] = node.decode(value)
                continue
            array = check_array(f"input {name} takes", value).astype(np.float64)
            wrong = array[~((array >= node.low) & (array <= node.high))]
            if wrong.size:
                raise ValueError(
                    f"input {name} takes values from {node.low:g} to {node.high:g}, "
                    f"not {wrong.flat[0]:g}"
                )
            found[name] = array
        return found

    def _streams(self, length: int | None, values: Mapping[str, Any]) -> dict[str, Bitstream]:
        """Return the streams of all SNGs and from outside, by port of `streams`."""
        length = check_integer(
            "length", 1 << self.width if length is None else length, 1, 2**31
        )
        numbers = self._given(values, "number")
        found = {}
        for name, node in self.inputs.items():
            if node.kind == "stream":
                if not isinstance(values.get(name), Bitstream):
                    raise TypeError(f"the input {name!r} needs a Bitstream")
                found[name] = values[name]
        for source, sequence in self.plan.sequence_of.items():
            node = source.node
            if source.kind in ("word", "inside"):
                continue
            value = node.constant if source.kind == "constant" else numbers[node.name]
            found[f"{source.name}_stream"] = encode(
                np.asarray(value) / node.scale,
                sequence.words,
                length=length,
                encoding=node.encoding,
            )
        return found


def _applied(netlist: Netlist, given: Mapping[str, Bitstream]) -> dict[str, Any]:
    """Return the outputs of a netlist by name."""
    ports = [port.name for port in netlist.inputs]
    used: dict[str, Any] = {}
    for name, stream in given.items():
        if name in ports:
            # Where only the magnitude is read there is no wire for the sign. A constant's sign
            # is a constant.
            alone = f"{name}_sign" not in ports
            other = netlist.reinterpreted or netlist.encodings[name] != "sign-magnitude"
            used[name] = unsigned(stream) if alone and other else stream
    result = netlist.apply(correlated=True, **used)
    return result if isinstance(result, dict) else {netlist.outputs[0].name: result}


def compose(
    outputs: Mapping[str, Node],
    *,
    width: int = 8,
    generators: str | Sequence[Generator] = "lfsr",
    sharing: str = "none",
    most: int | None = None,
) -> Composition:
    """Make the circuit of expressions.

    Parameters
    ----------
    outputs : mapping of str to Expression
        The expressions by the names of their ports.
    width : int
        Bits of a generator's word, 3..16.
    generators : {"lfsr", "sobol", "xorshift"}, or sequence of Generator
        What the sequences are made by. ``"sobol"`` has the least error where there are only
        gates and adders. The laws of state machines hold for independent bits: take
        ``"lfsr"``, or for counters of many states ``"xorshift"``, at 32 flip-flops each.
    sharing : {"none", "rotation", "permutation", "delay"}
        How one generator gives several independent sequences: by wires in another order, or
        by flip-flops behind the SNG. By default each sequence has a generator.
    most : int, optional
        The largest number of generators.

    Returns
    -------
    Composition

    Raises
    ------
    TypeError, ValueError
        If a name is used twice, or the generators cannot be independent where they must.

    Notes
    -----
    SNGs share a sequence unless their streams meet at a gate that needs independent operands,
    also after other gates. The least number of sequences is that of the colours of a graph
    whose edges are such pairs. Where an expression meets itself, as in ``x * x``, what makes
    it is repeated with sequences of its own.

    Examples
    --------
    >>> from stochastic.expressions import compose, number
    >>> x = [number(f"x{i}") for i in range(3)]
    >>> w = [number(f"w{i}") for i in range(3)]
    >>> circuit = compose({"y": sum(a * b for a, b in zip(x, w, strict=True))})
    >>> circuit.plan.generators, circuit.outputs["y"].scale
    (2, 3.0)
    """
    width = check_integer("compose width", width, 3, 16)
    if not isinstance(outputs, Mapping) or not outputs:
        raise TypeError(f"compose takes expressions by name, not {outputs!r}")
    for name, node in outputs.items():
        if not isinstance(name, str) or not NAME.fullmatch(name):
            raise ValueError(f"output must have a name of letters, not {name!r}")
        if not isinstance(node, Node):
            raise TypeError(f"output {name} must be an expression, not {node!r}")
    parts, wires = lowered(outputs)
    plan = planned(parts, width, generators, sharing, most)
    return Composition(
        outputs=dict(outputs),
        netlist=assembled(parts, plan, width, wires, inside=True),
        plan=plan,
        width=width,
        lowered=parts,
        wires=wires,
    )
