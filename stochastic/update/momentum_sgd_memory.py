"""Momentum SGD with memories for all momenta and weights of a small network."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from fixedpoint.circuit import Circuit, Port, Register, State, check_integer
from fixedpoint.kernels.compiled import compiled
from fixedpoint.update.base import UpdateCircuit

from .momentum_sgd_unit import (
    OUTPUTS,
    MomentumSgdUnit,
    check_update_circuit,
    select_circuit,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["MomentumSgdMemory"]

MEMORIES = ("momenta", "weights")


@dataclasses.dataclass(frozen=True, kw_only=True)
class MomentumSgdMemory(Circuit):
    """Momentum SGD on chip: the lanes with memories for the parameters of a small network.

    The memories hold `depth` rows, each a group of P momenta and P weights. Gradients arrive
    group by group on a stream. The unit updates the row of the group, writes it back and goes
    on to the next row; row 0 follows the last row. One pass through the gradients of the
    network is one step of training. Independently, a row can be read by its address in any
    cycle, and written while no group is in progress.

    Parameters
    ----------
    circuit : UpdateCircuit
        The lanes, such as `MomentumSgdLanes`. They define `lanes` and `cycles_per_step`.
    depth : int
        Number of rows, 2..65536. A single group needs no memory; the lanes' registers hold it.

    Raises
    ------
    TypeError
        If the circuit is not an `UpdateCircuit`.
    ValueError
        If `depth` is out of range.

    Notes
    -----
    Ports: ``input_valid``, ``rate``, ``gradient`` in with ``input_ready`` out: the stream of
    gradients, L = `cycles_per_step` cycles per group. ``write_valid``, ``address``,
    ``momentum_in``, ``weight_in`` in with ``write_ready`` out: if valid and ready are both 1,
    the row at `address` is written. ``momentum``, ``weight`` out: the row at `address` in the
    same cycle, hence the latency 0. ``group`` out: the row of the next gradients.

    The new row of a group can be read L + 1 cycles after the transfer of its gradients. While
    ``write_valid`` is 1 no gradients are accepted, and ``write_ready`` rises as soon as the
    group in progress has been written back. Writes and updates therefore take effect in the
    order of their transfers. A write does not change ``group``.

    ``enable`` is the clock enable of the whole circuit. After reset all rows are 0, ``group``
    is 0, the generators are at their first words, and a group in progress is lost. In
    hardware a bit for each row, cleared by reset, tells whether the row has been written. The
    memories themselves are read in the cycle of their address and are never reset.

    Registers: ``momenta`` and ``weights`` are the memories; ``group``; ``target``, the row of
    the group in progress; all others are those of the inner `MomentumSgdUnit`.

    Examples
    --------
    >>> from stochastic import Counter, MomentumSgdLanes, MomentumSgdMemory
    >>> network = MomentumSgdMemory(
    ...     circuit=MomentumSgdLanes(
    ...         lanes=1, momentum_bits=2, weight_bits=8, decay_shift=0,
    ...         gradient_generator=Counter(width=3),
    ...         momentum_generator=Counter(width=2, direction="down"),
    ...     ),
    ...     depth=2,
    ... )
    >>> outputs, _ = network.run({
    ...     "input_valid": [1, 1, 1, 0, 0], "rate": [1, 1, 1, 1, 1],
    ...     "gradient": [8, -8, 8, 0, 0], "write_valid": [0, 0, 0, 0, 0],
    ...     "address": [0, 0, 0, 0, 0], "momentum_in": [0, 0, 0, 0, 0],
    ...     "weight_in": [0, 0, 0, 0, 0],
    ... })
    >>> outputs["momentum"][:, 0].tolist(), outputs["weight"][:, 0].tolist()
    ([0, 0, 4, 4, 4], [0, 0, 0, 0, -1])
    """

    circuit: UpdateCircuit
    depth: int

    def __post_init__(self) -> None:
        check_update_circuit("MomentumSgdMemory", self.circuit)
        self._set(depth=check_integer("MomentumSgdMemory depth", self.depth, 2, 1 << 16))

    @property
    def unit(self) -> MomentumSgdUnit:
        """The streaming unit between the outputs and the inputs of the memories."""
        return MomentumSgdUnit(circuit=self.circuit)

    @property
    def address_width(self) -> int:
        """Number of bits of an address."""
        return (self.depth - 1).bit_length()

    @property
    def ports(self) -> tuple[Port, ...]:
        circuit_ports = {port.name: port for port in self.circuit.ports}
        last = self.depth - 1
        return (
            Port.input("input_valid", meaning="gradients of a group are offered"),
            circuit_ports["rate"],
            circuit_ports["gradient"],
            Port.input("write_valid", meaning="a row to write is offered"),
            Port.input(
                "address", self.address_width, maximum=last, meaning="row to show or write"
            ),
            circuit_ports["momentum_in"],
            circuit_ports["weight_in"],
            Port.output("input_ready", meaning="gradients can be taken"),
            Port.output("write_ready", meaning="a row can be written"),
            Port.output(
                "group", self.address_width, maximum=last, meaning="row to update next"
            ),
            circuit_ports["momentum"],
            circuit_ports["weight"],
        )

    @property
    def registers(self) -> tuple[Register, ...]:
        outputs = {port.name: port for port in self.circuit.outputs}

        def memory(name, port):
            return Register(
                name=name,
                width=port.width,
                signed=port.signed,
                count=self.depth * port.count,
            )

        return (
            *self.unit.registers,
            memory("momenta", outputs["momentum"]),
            memory("weights", outputs["weight"]),
            Register(name="group", width=self.address_width, maximum=self.depth - 1),
            Register(name="target", width=self.address_width, maximum=self.depth - 1),
        )

    def step(
        self, registers: dict[str, Any], words, **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        unit, lanes = self.unit, self.unit.lanes

        def row(name, number):
            values = registers[name][number * lanes : (number + 1) * lanes]
            return values if lanes > 1 else values[0]

        def stored(name, number, values):
            memory = list(registers[name])
            memory[number * lanes : (number + 1) * lanes] = values if lanes > 1 else [values]
            return memory

        group, address = registers["group"], inputs["address"]
        moved, results = unit.step(
            {r.name: registers[r.name] for r in unit.registers},
            (),
            input_valid=int(inputs["input_valid"] and not inputs["write_valid"]),
            rate=inputs["rate"],
            gradient=inputs["gradient"],
            momentum_in=row("momenta", group),
            weight_in=row("weights", group),
            output_ready=1,
        )
        input_ready = results["input_ready"] and not inputs["write_valid"]
        write_ready = results["input_ready"] and not results["output_valid"]
        outputs = {
            "input_ready": int(input_ready),
            "write_ready": int(write_ready),
            "group": group,
            "momentum": row("momenta", address),
            "weight": row("weights", address),
        }
        after = {**registers, **moved}
        if results["output_valid"]:
            after["momenta"] = stored("momenta", registers["target"], results["momentum"])
            after["weights"] = stored("weights", registers["target"], results["weight"])
        elif write_ready and inputs["write_valid"]:
            after["momenta"] = stored("momenta", address, inputs["momentum_in"])
            after["weights"] = stored("weights", address, inputs["weight_in"])
        if input_ready and inputs["input_valid"]:
            after |= {"target": group, "group": (group + 1) % self.depth}
        return after, outputs

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        count = len(registers["group"])
        for i in range(count):
            parts = (
                select_circuit(arrays, i, count) for arrays in (inputs, registers, outputs)
            )
            self._run_circuit(enable, *parts)

    def _run_circuit(
        self,
        enable: NDArray[np.bool_],
        inputs: dict[str, NDArray[np.int64]],
        registers: dict[str, NDArray[np.int64]],
        outputs: dict[str, NDArray[np.int64]],
    ) -> None:
        """Run one circuit: first its control, then its data, one pass of the rows at a time."""
        circuit, unit, lanes = self.circuit, self.unit, self.circuit.lanes
        cycle = registers.get("cycle", np.zeros(1, np.int64))
        # A row that is read must have been stored before the data of the pass are computed.
        first = self.depth - int(cycle[0] > 0)
        begins, moves, writes, full = np.zeros((4, len(enable)), np.bool_)
        targets = np.zeros(len(enable), np.int64)
        _control(
            enable,
            (inputs["input_valid"], inputs["write_valid"]),
            (unit.cycles_per_step, self.depth),
            (cycle, registers["full"], registers["group"], registers["target"]),
            (outputs["input_ready"], outputs["write_ready"], outputs["group"]),
            (begins, moves, writes, full, targets),
        )
        stores = full & enable
        fields = unit.circuit_inputs(begins, inputs, registers)
        rows = tuple(registers[name].reshape(self.depth, lanes) for name in MEMORIES)
        state = State(
            int(registers["position"][0]),
            {r.name: registers[r.name] for r in circuit.registers},
        )
        ends = [*np.flatnonzero(begins)[first :: self.depth].tolist(), len(enable)]
        for begin, end in zip([0, *ends], ends, strict=False):
            if begin == end:
                continue
            part = slice(begin, end)
            writing = (
                writes[part],
                inputs["address"][part, 0],
                (inputs["momentum_in"][part], inputs["weight_in"][part]),
            )
            current = tuple(values.copy() for values in rows)
            if full[begin]:
                for values, name in zip(current, OUTPUTS, strict=True):
                    values[targets[begin]] = state.registers[name]
            loaded = tuple(np.zeros((end - begin, lanes), np.int64) for _ in MEMORIES)
            _load(begins[part], outputs["group"][part, 0], writing, current, loaded)
            results, state = circuit.run(
                {
                    **{name: values[part] for name, values in fields.items()},
                    "momentum_in": loaded[0],
                    "weight_in": loaded[1],
                },
                enable=moves[part],
                state=state,
            )
            _store(
                (stores[part], targets[part], (results["momentum"], results["weight"])),
                writing,
                rows,
                (outputs["momentum"][part], outputs["weight"][part]),
            )
        registers["position"][0] = state.position
        for register in circuit.registers:
            registers[register.name][:] = state.registers[register.name]


@compiled
def _control(enable, inputs, sizes, registers, outputs, events):
    """Find the cycles in which groups begin and advance, and rows are stored and written."""
    input_valid, write_valid = inputs
    cycles_per_step, depth = sizes
    cycle, full, group, target = registers
    input_ready, write_ready, groups = outputs
    begins, moves, writes, filled, targets = events
    for t in range(len(enable)):
        idle = cycle[0] == 0
        input_ready[t, 0] = idle and not write_valid[t, 0]
        write_ready[t, 0] = idle and not full[0]
        groups[t, 0] = group[0]
        targets[t] = target[0]
        filled[t] = full[0]
        if not enable[t]:
            continue
        begins[t] = input_ready[t, 0] and input_valid[t, 0]
        moves[t] = begins[t] or not idle
        writes[t] = write_ready[t, 0] and write_valid[t, 0]
        full[0] = 0
        if moves[t]:
            full[0] = cycle[0] == cycles_per_step - 1
            cycle[0] = 0 if full[0] else cycle[0] + 1
        if begins[t]:
            target[0] = group[0]
            group[0] = (group[0] + 1) % depth


@compiled
def _load(begins, groups, writing, rows, loaded):
    """Read the rows of groups in the order of the cycles; no row is read after its update."""
    writes, addresses, written = writing
    for t in range(len(begins)):
        for k in range(2):
            if begins[t]:
                loaded[k][t] = rows[k][groups[t]]
            if writes[t]:
                rows[k][addresses[t]] = written[k][t]


@compiled
def _store(updates, writing, rows, outputs):
    """Write the memories, and read them at the address of every cycle."""
    stores, targets, results = updates
    writes, addresses, written = writing
    for t in range(len(stores)):
        for k in range(2):
            outputs[k][t] = rows[k][addresses[t]]
            if stores[t]:
                rows[k][targets[t]] = results[k][t]
            if writes[t]:
                rows[k][addresses[t]] = written[k][t]
