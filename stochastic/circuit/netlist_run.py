"""The golden model of a netlist: its parts one after another, and loops cycle by cycle."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from ..streams.packing import word_count
from .cycle_code import CycleCode, Symbol, compile_loop, text_of
from .netlist_wiring import Endpoint, Wiring
from .stream_circuit import StreamCircuit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fixedpoint.circuit import Circuit


__all__ = ["can_pack", "element", "run_netlist", "run_packed"]


class Joined(Protocol):
    """What a run needs of a netlist."""

    @property
    def circuits(self) -> dict[str, Circuit]: ...
    @property
    def wiring(self) -> Wiring: ...
    @property
    def drivers(self) -> dict[tuple[str, str], dict[int | None, Any]]: ...
    @property
    def word_slices(self) -> dict[str, slice]: ...
    @property
    def order(self) -> list[str]: ...


def element(values: dict[str, Any], source: Endpoint) -> Any:
    """Return the value of one cycle at a source: of a port, or of one element of it."""
    whole = str(dataclasses.replace(source, index=None))
    return values[whole] if source.index is None else values[whole][source.index]


class _Run:
    """The values of all wires over some cycles, ``[cycles, lanes * count]`` each."""

    def __init__(self, netlist, enable, words, inputs, registers, outputs) -> None:
        self.netlist = netlist
        self.enable = enable
        self.words = words
        self.registers = registers
        self.values: dict[str, NDArray[np.int64]] = dict(inputs)
        self.lanes = _lanes(netlist, inputs, registers, outputs)
        for end, source in netlist.wiring.ends:
            if end.part is None and source.index is None:
                # The first output that shows a port is its array.
                self.values.setdefault(str(source), outputs[end.port])

    def source(self, source: Any) -> NDArray[np.int64]:
        """Return the values at what drives an end of one element."""
        if isinstance(source, int):
            return np.full((len(self.enable), self.lanes), source, np.int64)
        if source.index is None:
            return self.values[str(source)]
        whole = self.values[str(dataclasses.replace(source, index=None))]
        return whole[:, source.index :: whole.shape[1] // self.lanes]

    def inputs_of(self, name: str) -> dict[str, NDArray[np.int64]]:
        """Return the values at the inputs of a part."""
        found = {}
        for port in self.netlist.circuits[name].inputs:
            drivers = self.netlist.drivers[name, port.name]
            if None in drivers and not isinstance(drivers[None], int):
                found[port.name] = np.ascontiguousarray(self.source(drivers[None]))
                continue
            values = np.empty((len(self.enable), self.lanes * port.count), np.int64)
            for i in range(port.count):
                driver = drivers[i] if None not in drivers else drivers[None]
                values[:, i :: port.count] = self.source(driver)
            found[port.name] = values
        return found

    def outputs_of(self, name: str) -> dict[str, NDArray[np.int64]]:
        """Return the arrays of a part's outputs; new ones where there are none yet."""
        found = {}
        for port in self.netlist.circuits[name].outputs:
            shape = (len(self.enable), self.lanes * port.count)
            whole = f"{name}.{port.name}"
            if whole not in self.values:
                self.values[whole] = np.empty(shape, np.int64)
            found[port.name] = self.values[whole]
        return found

    def registers_of(self, name: str) -> dict[str, NDArray[np.int64]]:
        """Return the registers of a part, which its model changes in place."""
        part = self.netlist.circuits[name]
        return {r.name: self.registers[f"{name}.{r.name}"] for r in part.registers}

    def words_of(self, name: str) -> list[NDArray[np.uint32]]:
        """Return the words of a part's generators."""
        return self.words[self.netlist.word_slices[name]]


def _lanes(netlist, inputs, registers, outputs) -> int:
    """Return the number of lanes, from any array."""
    for port in netlist.ports:
        arrays = inputs if port.direction == "in" else outputs
        return arrays[port.name].shape[1] // port.count
    raise AssertionError("a netlist has a port")


def run_netlist(
    netlist: Joined,
    enable: NDArray[np.bool_],
    words: list[NDArray[np.uint32]],
    inputs: dict[str, NDArray[np.int64]],
    registers: dict[str, NDArray[np.int64]],
    outputs: dict[str, NDArray[np.int64]],
) -> None:
    """Run all cycles of a netlist; the arguments are those of `Circuit._kernel`."""
    run = _Run(netlist, enable, words, inputs, registers, outputs)
    for group in netlist.wiring.groups:
        if not netlist.wiring.loops(group):
            (name,) = group
            netlist.circuits[name]._kernel(
                enable,
                run.words_of(name),
                run.inputs_of(name),
                run.registers_of(name),
                run.outputs_of(name),
            )
        elif _can_compile(netlist, group):
            _run_compiled(run, group)
        else:
            _run_by_cycles(run, group)
    for end, source in netlist.wiring.ends:
        if end.part is None:
            values = run.source(source)
            if values is not outputs[end.port]:
                outputs[end.port][:] = values


def _can_compile(netlist: Joined, group: list[str]) -> bool:
    return all(
        hasattr(netlist.circuits[name], "cycle_code")
        and all(port.count == 1 for port in netlist.circuits[name].ports)
        for name in group
    )


def _run_compiled(run: _Run, group: list[str]) -> None:
    """Run a loop by one compiled function for all of its parts."""
    netlist = run.netlist
    code = CycleCode()
    outside: list[NDArray[np.int64]] = []
    shown: list[NDArray[np.int64]] = []
    held: list[NDArray[np.int64]] = []
    variables: dict[tuple[str, str], str] = {}
    for name in group:
        part = netlist.circuits[name]
        held += [run.registers[f"{name}.{r.name}"] for r in part.registers]
        for port in part.ports:
            variables[name, port.name] = f"v{len(variables)}"

    def connect(name: str) -> None:
        for port in netlist.circuits[name].inputs:
            drivers = netlist.drivers[name, port.name]
            driver = drivers[None]
            if isinstance(driver, Endpoint) and driver.part in group:
                text = variables[driver.part, driver.port]
            elif isinstance(driver, int):
                text = text_of(driver)
            else:
                text = f"input{len(outside)}[t, lane]"
                outside.append(np.ascontiguousarray(run.source(driver)))
            code.statements.append(f"{variables[name, port.name]} = {text}")

    words: list[NDArray[np.uint32]] = []
    number: dict[tuple[str, str], int] = {}
    for name in group:
        for register in netlist.circuits[name].registers:
            number[name, register.name] = len(number)
    used = {str(dataclasses.replace(s, index=None)) for s in _sources_outside(netlist, group)}
    for name in [name for name in netlist.order if name in group]:
        part = netlist.circuits[name]
        if part.latency == 0:
            connect(name)
        own = run.words_of(name)
        given = [Symbol(f"word{len(words) + i}") for i in range(len(own))]
        words += own
        outputs, after = part.cycle_code(  # type: ignore[attr-defined]
            code,
            given,
            {r.name: Symbol(f"held{number[name, r.name]}") for r in part.registers},
            {p.name: Symbol(variables[name, p.name]) for p in part.inputs},
        )
        arrays = run.outputs_of(name)
        for port in part.outputs:
            variable = variables[name, port.name]
            code.statements.append(f"{variable} = {text_of(outputs[port.name])}")
            if f"{name}.{port.name}" in used:
                code.stores.append(f"output{len(shown)}[t, lane] = {variable}")
                shown.append(arrays[port.name])
        for register, value in after.items():
            code.updates.append(f"next{number[name, register]} = {text_of(value)}")
    for name in group:
        if netlist.circuits[name].latency:
            connect(name)
    loop = compile_loop(
        len(words),
        len(outside),
        len(shown),
        len(held),
        len(code.tables),
        tuple(code.statements),
        tuple(code.stores),
        tuple(code.updates),
    )
    loop(run.lanes, run.enable, *words, *outside, *shown, *held, *code.tables)


def _sources_outside(netlist: Joined, group: list[str]) -> list[Endpoint]:
    """Return what the parts of a group drive outside of it."""
    return [
        source
        for end, source in netlist.wiring.ends
        if isinstance(source, Endpoint) and source.part in group and end.part not in group
    ]


def _run_by_cycles(run: _Run, group: list[str]) -> None:
    """Run a loop cycle by cycle with the models of its parts."""
    netlist = run.netlist
    cycles, never = len(run.enable), np.zeros(1, bool)
    order = [name for name in netlist.order if name in group]
    for name in order:
        run.outputs_of(name)
    for t in range(cycles):
        now = _Run.__new__(_Run)
        now.netlist, now.lanes, now.registers = netlist, run.lanes, run.registers
        now.enable = run.enable[t : t + 1]
        now.words = [word[t : t + 1] for word in run.words]
        now.values = {name: values[t : t + 1] for name, values in run.values.items()}

        def call(name: str, enable: Any, given: Any, now: _Run = now) -> None:
            netlist.circuits[name]._kernel(
                enable, now.words_of(name), given, now.registers_of(name), now.outputs_of(name)
            )

        for name in order:
            part = netlist.circuits[name]
            if part.latency:
                zeros = {
                    p.name: np.full(
                        (1, run.lanes * p.count), min(max(0, p.range[0]), p.range[1]), np.int64
                    )
                    for p in part.inputs
                }
                call(name, never, zeros)
            else:
                call(name, never, now.inputs_of(name))
        # All outputs are known: now every part takes its step.
        given = {name: now.inputs_of(name) for name in order}
        for name in order:
            call(name, now.enable, given[name])


def can_pack(netlist: Joined) -> bool:
    """Return whether every part has a packed engine and no wires form a loop."""
    return not any(netlist.wiring.loops(group) for group in netlist.wiring.groups) and all(
        isinstance(part, StreamCircuit) and part.has_packed
        for part in netlist.circuits.values()
    )


def run_packed(
    netlist: Joined, words: list[Any], inputs: dict[str, Any], length: int
) -> dict[str, NDArray[np.uint64]]:
    """Run a netlist on packed streams; the arguments are those of `StreamCircuit._packed`."""
    values = dict(inputs)

    def driving(source: Any) -> Any:
        if isinstance(source, int):
            return np.full(word_count(length), -source, np.int64).view(np.uint64)
        return element(values, source)

    for group in netlist.wiring.groups:
        (name,) = group
        part = netlist.circuits[name]
        assert isinstance(part, StreamCircuit)
        given = {}
        for port in part.inputs:
            drivers = netlist.drivers[name, port.name]
            if None in drivers:
                given[port.name] = driving(drivers[None])
                if port.count > 1 and isinstance(drivers[None], int):
                    given[port.name] = [given[port.name]] * port.count
            else:
                given[port.name] = [driving(drivers[i]) for i in range(port.count)]
        shown = part._packed(words[netlist.word_slices[name]], given, length)
        values |= {f"{name}.{port}": wire for port, wire in shown.items()}
    return {
        end.port: element(values, source)
        for end, source in netlist.wiring.ends
        if end.part is None and isinstance(source, Endpoint)
    }
