"""Simulation of recorded updates of a network with the emitted Verilog of their circuit."""

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

# Number of cycles whose stimulus and response are in memory at a time.
CHUNK_CYCLES = 1 << 12

# Up to this number of idle cycles are faster than another library for a later step.
MOST_IDLE_CYCLES = 1 << 20

Progress = Callable[[str, float], None]


@dataclasses.dataclass(frozen=True)
class Replayed:
    """Result of the simulation of one recorded update.

    Attributes
    ----------
    name : str
        Name of the tensor.
    step : int
        Number of the training step.
    parameters : int
        Number of elements of the tensor.
    bits_compared, mismatches : int
        Number of bits of its momenta and weights after the update, and of differing bits.
    first : str or None
        Description of the first difference.
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
class _Comparison:
    """Result of the comparison of one tensor so far."""

    bits: int = 0
    mismatches: int = 0
    first: str | None = None


class _Step:
    """Stimulus and comparison of the recorded tensors of one training step.

    The groups of omitted tensors are zeros, and their results are ignored.
    """

    def __init__(self, circuit: UpdateCircuit, tensors: list[Record]) -> None:
        self.circuit, self.tensors = circuit, tensors
        self.start = tensors[0].position
        self.first_groups = []
        position = self.start
        for tensor in tensors:
            if (
                tensor.position < position
                or (tensor.position - position) % circuit.cycles_per_step
            ):
                raise ValueError(
                    f"tensor {tensor.name} of step {tensor.step} must start at cycle "
                    f"{position}, where the one before it ends, or whole groups later, "
                    f"not at {tensor.position}"
                )
            self.first_groups.append((tensor.position - self.start) // circuit.cycles_per_step)
            position = tensor.position + circuit.cycles(len(tensor.gradient))
        self.cycles = position - self.start
        self.groups = self.cycles // circuit.cycles_per_step
        self._inputs = {
            "gradient": self._grouped("gradient"),
            "momentum_in": self._grouped("momentum_before"),
            "weight_in": self._grouped("weight_before"),
        }
        self._rates = np.zeros(self.groups, np.int64)
        for first, tensor in zip(self.first_groups, tensors, strict=True):
            self._rates[first:] = tensor.rate
        self._comparisons = [_Comparison() for _ in tensors]

    def _grouped(self, name: str) -> NDArray[np.int64]:
        """Return one row of lanes for each group; unused lanes are 0."""
        rows = np.zeros((self.groups, self.circuit.lanes), np.int64)
        for first, tensor in zip(self.first_groups, self.tensors, strict=True):
            values = getattr(tensor, name)
            rows[first:].reshape(-1)[: len(values)] = values
        return rows

    def inputs(self, begin: int, end: int) -> dict[str, NDArray[np.int64]]:
        """Return the inputs of the cycles `begin` to `end`, zeros after the last group."""
        length = self.circuit.cycles_per_step
        groups, phase = np.divmod(np.arange(begin, end), length)
        inside = groups < self.groups
        groups = groups[inside]
        inputs = {"load": (phase == 0)[:, None].astype(np.int64)}
        rows_of_ports: dict[str, NDArray[Any]] = {"rate": self._rates[:, None], **self._inputs}
        for name, rows in rows_of_ports.items():
            values = np.zeros((end - begin, rows.shape[1]), np.int64)
            values[: len(groups)] = rows[groups]
            inputs[name] = values
        return inputs

    def compare(self, begin: int, outputs: Mapping[str, NDArray[np.int64]]) -> None:
        """Compare the outputs of consecutive groups, of which `begin` is the first."""
        lanes = self.circuit.lanes
        end = begin + len(outputs["weight"])
        for comparison, first, tensor in zip(
            self._comparisons, self.first_groups, self.tensors, strict=True
        ):
            size = len(tensor.gradient)
            low, high = max(first, begin), min(first - (-size // lanes), end)
            if low >= high:
                continue
            part = slice((low - first) * lanes, min((high - first) * lanes, size))
            differences = []
            for port in self.circuit.outputs:
                actual_codes = outputs[port.name][low - begin : high - begin].reshape(-1)
                expected_codes = getattr(tensor, f"{port.name}_after")[part].astype(np.int64)
                mask = np.uint64((1 << port.width) - 1)
                differ = (actual_codes[: len(expected_codes)] ^ expected_codes).view(
                    np.uint64
                ) & mask
                comparison.bits += port.width * len(expected_codes)
                if not differ.any():
                    continue
                comparison.mismatches += int(np.bitwise_count(differ).sum())
                i = int(np.flatnonzero(differ)[0])
                differences.append((i, port.name, int(actual_codes[i]), int(expected_codes[i])))
            if differences and comparison.first is None:
                i, name, actual, expected = min(differences, key=lambda entry: entry[0])
                i += part.start
                comparison.first = (
                    f"{tensor.name}, step {tensor.step}: {name} of element {i} "
                    f"(lane {i % lanes}, group {i // lanes}) "
                    f"is {actual} in hardware, not {expected}"
                )

    def results(self) -> list[Replayed]:
        """Return the result for each tensor."""
        return [
            Replayed(
                name=tensor.name,
                step=tensor.step,
                parameters=len(tensor.gradient),
                bits_compared=comparison.bits,
                mismatches=comparison.mismatches,
                first=comparison.first,
            )
            for tensor, comparison in zip(self.tensors, self._comparisons, strict=True)
        ]


def replay(
    circuit: UpdateCircuit,
    updates: Sequence[Record],
    *,
    simulator: str = "verilator",
    path: str = "cocotb",
    alter: Callable[[str], str] | None = None,
    progress: Progress = lambda stage, done: None,
) -> list[Replayed]:
    """Simulate recorded updates with the Verilog and compare every bit of the results.

    The tensors of one step are processed without a pause by one circuit, whose generators
    start at the position of that step. The circuit also runs for the cycles of omitted
    tensors.

    Parameters
    ----------
    circuit : UpdateCircuit
        Circuit of the training, such as `MomentumSgdLanes`.
    updates : sequence of stochastic.training.Record
        Tensors of any number of steps, those of each step in the order of the update.
    simulator : {"verilator", "icarus"}
    path : {"cocotb", "library"}
        With ``"cocotb"``, cocotb drives a simulation of all steps side by side. With
        ``"library"``, Verilator compiles the Verilog to a library that is called directly,
        step after step, for millions of parameters. The results are the same.
    alter : callable, optional
        Makes other Verilog of the emitted one, such as one with a fault. For ``"cocotb"``.
    progress : callable
        Called with the name of a stage and the completed fraction.

    Returns
    -------
    list of Replayed
        One for each update, in the order of the steps.

    Raises
    ------
    ValueError
        If tensors of a step overlap or are out of order.
    ToolError
        If the simulator is missing or does not support the path.
    """
    check_choice("path", path, ("cocotb", "library"))
    if path == "library" and simulator != "verilator":
        raise ToolError(f"the library is built by verilator, not by {simulator}")
    if path == "library" and alter is not None:
        raise ValueError("only the path cocotb simulates altered Verilog, not library")
    check_simulator(simulator)
    tensors: dict[int, list[Record]] = {}
    for update in updates:
        tensors.setdefault(update.step, []).append(update)
    steps = [_Step(circuit, group) for group in tensors.values()]
    if not steps:
        return []
    if path == "cocotb":
        _through_cocotb(circuit, steps, simulator, alter, progress)
    else:
        _through_library(circuit, steps, progress)
    progress("done", 1.0)
    return [result for step in steps for result in step.results()]


def _through_cocotb(
    circuit: UpdateCircuit,
    steps: list[_Step],
    simulator: str,
    alter: Callable[[str], str] | None,
    progress: Progress,
) -> None:
    require("amaranth", "rtl")
    import rtl

    from ..simulation.simulator import simulate

    progress("emitting Verilog", 0.0)
    units = {f"step{s.tensors[0].step}": _advanced(circuit, s.start) for s in steps}
    texts = rtl.to_verilog_many(units)
    if alter is not None:
        texts = {name: alter(text) for name, text in texts.items()}
    bench = Bench(tuple(Item(unit, name, texts[name], 1) for name, unit in units.items()))
    # One more cycle: the result of the last group follows its last clock edge.
    cycles = max(step.cycles for step in steps) + 1
    packed = []
    for begin in range(0, cycles, CHUNK_CYCLES):
        progress("preparing the stimulus", 0.1 + 0.1 * begin / cycles)
        end = min(begin + CHUNK_CYCLES, cycles)
        control = np.ones(end - begin, bool), np.zeros(end - begin, bool)
        packed.append(bench.stimulus([Run(s.inputs(begin, end), *control) for s in steps]))
    progress("building and running the simulation", 0.2)
    response, unknown = simulate(bench, np.concatenate(packed), simulator)
    if unknown.any():
        raise ValueError("the simulated outputs hold bits that are neither 0 nor 1")
    results = response[circuit.cycles_per_step :: circuit.cycles_per_step]
    for begin in range(0, len(results), CHUNK_CYCLES):
        progress("comparing", 0.9 + 0.1 * begin / len(results))
        outputs_of_steps = bench.responses(results[begin : begin + CHUNK_CYCLES])
        for step, outputs in zip(steps, outputs_of_steps, strict=True):
            step.compare(begin, outputs)


def _through_library(circuit: UpdateCircuit, steps: list[_Step], progress: Progress) -> None:
    from ..simulation.verilated_circuit import VerilatedCircuit

    length = circuit.cycles_per_step
    groups = max(1, CHUNK_CYCLES // length)
    total = sum(step.cycles for step in steps)
    unit, reached, done = None, 0, 0
    for step in sorted(steps, key=lambda step: step.start):
        name = f"step {step.tensors[0].step}"
        if unit is None or not reached <= step.start <= reached + MOST_IDLE_CYCLES:
            progress(f"building the library for {name}", done / total)
            reached = step.start if step.start > MOST_IDLE_CYCLES else 0
            unit = VerilatedCircuit(_advanced(circuit, reached))
        progress(name, done / total)
        while reached < step.start:
            idle = min(CHUNK_CYCLES, step.start - reached)
            unit.run({p.name: np.zeros((idle, p.count), np.int64) for p in circuit.inputs})
            reached += idle
        for begin in range(0, step.groups, groups):
            end = min(begin + groups, step.groups)
            # One more cycle gives the last results. It is disabled, so that no state changes.
            enable = np.arange((end - begin) * length + 1) < (end - begin) * length
            inputs = step.inputs(begin * length, end * length + 1)
            outputs = unit.run(inputs, enable=enable)
            step.compare(begin, {name: rows[length::length] for name, rows in outputs.items()})
            reached += (end - begin) * length
            done += (end - begin) * length
            progress(name, done / total)


def _advanced(circuit: UpdateCircuit, cycles: int) -> UpdateCircuit:
    """Return the circuit with all its generators advanced by `cycles` cycles."""
    generators = {
        field.name: generator.replace(phase=(generator.phase + cycles) % generator.period)
        for field in dataclasses.fields(circuit)
        if hasattr(generator := getattr(circuit, field.name), "phase")
    }
    return circuit.replace(**generators)
