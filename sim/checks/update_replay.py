"""Recorded updates of a network, pushed through the emitted Verilog of their circuit."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fixedpoint.circuit import check_choice
from fixedpoint.update.base import UpdateCircuit

from ..simulation.bench import Bench, Item, Run
from ..tools import ToolError, check_simulator, require

if TYPE_CHECKING:
    from stochastic.training import Record

__all__ = ["Replayed", "replay"]

# Cycles whose stimulus and response stand in memory as arrays at once.
CHUNK = 1 << 12

# To reach a step, this many cycles are sooner run than another library is compiled.
FAR = 1 << 20

Progress = Callable[[str, float], None]


@dataclasses.dataclass(frozen=True)
class Replayed:
    """What the Verilog made of one recorded update.

    Attributes
    ----------
    name : str
        The tensor.
    step : int
        The training step.
    parameters : int
        Elements of the tensor.
    bits_compared, mismatches : int
        Bits of its momenta and weights after the update, and how many of them differ.
    first : str or None
        The first difference in words.
    """

    name: str
    step: int
    parameters: int
    bits_compared: int
    mismatches: int
    first: str | None

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON values."""
        return dataclasses.asdict(self)


@dataclasses.dataclass
class _Verdict:
    """What has been found so far in one tensor."""

    bits: int = 0
    mismatches: int = 0
    first: str | None = None


class _Step:
    """The recorded tensors of one training step, as groups of lanes and as verdicts.

    Where tensors are left out, the groups between are zeros that nobody looks at.
    """

    def __init__(self, circuit: UpdateCircuit, tensors: list[Record]) -> None:
        self.circuit, self.tensors = circuit, tensors
        self.start = tensors[0].position
        self.firsts = []
        due = self.start
        for tensor in tensors:
            if tensor.position < due or (tensor.position - due) % circuit.cycles_per_step:
                raise ValueError(
                    f"tensor {tensor.name} of step {tensor.step} must start at cycle {due}, "
                    "where the one before it ends, or whole groups later, "
                    f"not at {tensor.position}"
                )
            self.firsts.append((tensor.position - self.start) // circuit.cycles_per_step)
            due = tensor.position + circuit.cycles(len(tensor.gradient))
        self.cycles = due - self.start
        self.groups = self.cycles // circuit.cycles_per_step
        self._inputs = {
            "gradient": self._grouped("gradient"),
            "momentum_in": self._grouped("momentum_before"),
            "weight_in": self._grouped("weight_before"),
        }
        self._rates = np.zeros(self.groups, np.int64)
        for first, tensor in zip(self.firsts, tensors, strict=True):
            self._rates[first:] = tensor.rate
        self._verdicts = [_Verdict() for _ in tensors]

    def _grouped(self, name: str) -> NDArray[np.int32]:
        """Return one row of lanes for each group; a last group's spare lanes are 0."""
        rows = np.zeros((self.groups, self.circuit.lanes), np.int32)
        for first, tensor in zip(self.firsts, self.tensors, strict=True):
            values = getattr(tensor, name)
            rows[first:].reshape(-1)[: len(values)] = values
        return rows

    def inputs(self, begin: int, end: int) -> dict[str, NDArray[np.int64]]:
        """Return what is on the ports in some cycles, zeros after the last one."""
        length = self.circuit.cycles_per_step
        groups, phase = np.divmod(np.arange(begin, end), length)
        inside = groups < self.groups
        groups = groups[inside]
        found = {"load": (phase == 0)[:, None].astype(np.int64)}
        given: dict[str, NDArray[Any]] = {"rate": self._rates[:, None], **self._inputs}
        for name, rows in given.items():
            values = np.zeros((end - begin, rows.shape[1]), np.int64)
            values[: len(groups)] = rows[groups]
            found[name] = values
        return found

    def compare(self, begin: int, outputs: Mapping[str, NDArray[np.int64]]) -> None:
        """Compare the results of some groups in sequence, of which `begin` is the first."""
        lanes = self.circuit.lanes
        end = begin + len(outputs["weight"])
        for verdict, first, tensor in zip(
            self._verdicts, self.firsts, self.tensors, strict=True
        ):
            size = len(tensor.gradient)
            low, high = max(first, begin), min(first - (-size // lanes), end)
            if low >= high:
                continue
            part = slice((low - first) * lanes, min((high - first) * lanes, size))
            places = []
            for port in self.circuit.outputs:
                shown = outputs[port.name][low - begin : high - begin].reshape(-1)
                wanted = getattr(tensor, f"{port.name}_after")[part].astype(np.int64)
                mask = np.uint64((1 << port.width) - 1)
                differ = (shown[: len(wanted)] ^ wanted).view(np.uint64) & mask
                verdict.bits += port.width * len(wanted)
                if not differ.any():
                    continue
                verdict.mismatches += int(np.bitwise_count(differ).sum())
                i = int(np.flatnonzero(differ)[0])
                places.append((i, port.name, int(shown[i]), int(wanted[i])))
            if places and verdict.first is None:
                i, name, actual, expected = min(places, key=lambda place: place[0])
                i += part.start
                verdict.first = (
                    f"{tensor.name}, step {tensor.step}: {name} of element {i} "
                    f"(lane {i % lanes}, group {i // lanes}) "
                    f"is {actual} in hardware, not {expected}"
                )

    def verdicts(self) -> list[Replayed]:
        """Return what was found."""
        return [
            Replayed(
                name=tensor.name,
                step=tensor.step,
                parameters=len(tensor.gradient),
                bits_compared=verdict.bits,
                mismatches=verdict.mismatches,
                first=verdict.first,
            )
            for tensor, verdict in zip(self.tensors, self._verdicts, strict=True)
        ]


def replay(
    circuit: UpdateCircuit,
    updates: Sequence[Record],
    *,
    simulator: str = "verilator",
    path: str = "cocotb",
    progress: Progress = lambda stage, done: None,
) -> list[Replayed]:
    """Push recorded updates through the Verilog and compare every bit of the results.

    The tensors of one step pass one after another, without a pause, through one unit whose
    generators start where they stood when that step began. Where tensors were left out,
    the unit runs through as many cycles as they took.

    Parameters
    ----------
    circuit : UpdateCircuit
        What the training ran on, such as `MomentumSgdLanes`.
    updates : sequence of stochastic.training.Record
        Any number of tensors of any number of steps, those of a step in their order.
    simulator : {"verilator", "icarus"}
    path : {"cocotb", "library"}
        ``"cocotb"``: a simulation that cocotb drives, with the steps side by side.
        ``"library"``: the Verilog compiled by Verilator, called directly, step after step:
        for millions of parameters. The verdicts are the same.
    progress : callable
        Called with a stage's name and the fraction done.

    Returns
    -------
    list of Replayed
        One for each update, step after step.

    Raises
    ------
    ValueError
        If tensors of a step overlap or are out of order.
    ToolError
        If the simulator is not there, or has no such path.
    """
    check_choice("path", path, ("cocotb", "library"))
    if path == "library" and simulator != "verilator":
        raise ToolError(f"the library is built by verilator, not by {simulator}")
    check_simulator(simulator)
    tensors: dict[int, list[Record]] = {}
    for update in updates:
        tensors.setdefault(update.step, []).append(update)
    steps = [_Step(circuit, group) for group in tensors.values()]
    if not steps:
        return []
    if path == "cocotb":
        _through_cocotb(circuit, steps, simulator, progress)
    else:
        _through_library(circuit, steps, progress)
    progress("done", 1.0)
    return [verdict for step in steps for verdict in step.verdicts()]


def _through_cocotb(
    circuit: UpdateCircuit, steps: list[_Step], simulator: str, progress: Progress
) -> None:
    require("amaranth", "rtl")
    import rtl

    from ..simulation.simulator import simulate

    progress("emitting Verilog", 0.0)
    units = {f"step{s.tensors[0].step}": _advanced(circuit, s.start) for s in steps}
    texts = rtl.to_verilog_many(units)
    bench = Bench(tuple(Item(unit, name, texts[name], 1) for name, unit in units.items()))
    # One more cycle: the last group's result stands on the ports after its last edge.
    cycles = max(step.cycles for step in steps) + 1
    packed = []
    for begin in range(0, cycles, CHUNK):
        progress("preparing the stimulus", 0.1 + 0.1 * begin / cycles)
        end = min(begin + CHUNK, cycles)
        control = np.ones(end - begin, bool), np.zeros(end - begin, bool)
        packed.append(bench.stimulus([Run(s.inputs(begin, end), *control) for s in steps]))
    progress("building and running the simulation", 0.2)
    response, unknown = simulate(bench, np.concatenate(packed), simulator)
    if unknown.any():
        raise ValueError("the simulated outputs hold bits that are neither 0 nor 1")
    results = response[circuit.cycles_per_step :: circuit.cycles_per_step]
    for begin in range(0, len(results), CHUNK):
        progress("comparing", 0.9 + 0.1 * begin / len(results))
        found = bench.responses(results[begin : begin + CHUNK])
        for step, outputs in zip(steps, found, strict=True):
            step.compare(begin, outputs)


def _through_library(circuit: UpdateCircuit, steps: list[_Step], progress: Progress) -> None:
    from ..simulation.verilated_circuit import VerilatedCircuit

    length = circuit.cycles_per_step
    groups = max(1, CHUNK // length)
    total = sum(step.cycles for step in steps)
    unit, reached, done = None, 0, 0
    for step in sorted(steps, key=lambda step: step.start):
        name = f"step {step.tensors[0].step}"
        if unit is None or not reached <= step.start <= reached + FAR:
            progress(f"building the library for {name}", done / total)
            reached = step.start if step.start > FAR else 0
            unit = VerilatedCircuit(_advanced(circuit, reached))
        progress(name, done / total)
        while reached < step.start:
            idle = min(CHUNK, step.start - reached)
            unit.run({p.name: np.zeros((idle, p.count), np.int64) for p in circuit.inputs})
            reached += idle
        for begin in range(0, step.groups, groups):
            end = min(begin + groups, step.groups)
            # One more cycle shows the last results, and is frozen so as not to count.
            enable = np.arange((end - begin) * length + 1) < (end - begin) * length
            inputs = step.inputs(begin * length, end * length + 1)
            shown = unit.run(inputs, enable=enable)
            step.compare(begin, {name: rows[length::length] for name, rows in shown.items()})
            reached += (end - begin) * length
            done += (end - begin) * length
            progress(name, done / total)


def _advanced(circuit: UpdateCircuit, cycles: int) -> UpdateCircuit:
    """Return the circuit with its generators, wherever they are, so many cycles further."""
    generators = {
        field.name: generator.replace(phase=(generator.phase + cycles) % generator.period)
        for field in dataclasses.fields(circuit)
        if hasattr(generator := getattr(circuit, field.name), "phase")
    }
    return circuit.replace(**generators)
