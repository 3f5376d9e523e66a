"""Streaming momentum SGD: the lanes between a valid/ready input and output."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from fixedpoint.circuit import Circuit, Port, Register, State
from fixedpoint.circuit.checks import shown
from fixedpoint.kernels.compiled import compiled
from fixedpoint.update.base import UpdateCircuit

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["MomentumSgdUnit", "check_update_circuit", "select_circuit"]

# Ports of the circuit that holds the lanes.
INPUTS = ("load", "rate", "gradient", "momentum_in", "weight_in")
OUTPUTS = ("momentum", "weight")
# Inputs that the circuit needs in every cycle of a group, and the unit therefore stores.
HELD = ("rate", "gradient")


@dataclasses.dataclass(frozen=True, kw_only=True)
class MomentumSgdUnit(Circuit):
    """Streaming momentum SGD: groups of P parameters enter, updated groups leave.

    A group is P gradients, momenta and weights together with a `rate`. It is transferred in a
    cycle in which ``input_valid`` and ``input_ready`` are both 1, and is then processed for
    L = `cycles_per_step` cycles. Then ``output_valid`` rises, and the new momenta and weights
    are stable until a cycle in which ``output_ready`` is 1, too. The next group can be
    transferred in that same cycle. If both sides are always ready, the unit processes a group
    every L cycles: one per cycle at L = 1.

    The generators advance only in the cycles of groups. The sequence of outputs is therefore
    that of `MomentumSgdLanes.step_tensor`, however long either side waits for the other.

    Parameters
    ----------
    circuit : UpdateCircuit
        The lanes, such as `MomentumSgdLanes`. They define `lanes` and `cycles_per_step`.

    Raises
    ------
    TypeError
        If the circuit is not an `UpdateCircuit`.

    Notes
    -----
    Ports: ``input_valid``, ``rate``, ``gradient``, ``momentum_in``, ``weight_in`` in, with
    ``input_ready`` out; ``output_valid``, ``momentum``, ``weight`` out, with
    ``output_ready`` in. The payload of a valid input must be stable until it is transferred.
    ``momentum`` and ``weight`` are the lanes' registers and are meaningless while
    ``output_valid`` is 0.

    ``input_ready`` depends on ``output_ready`` of the same cycle, hence the latency 0, and on
    no valid signal. The result of a group follows L cycles after its transfer. ``enable`` is
    the clock enable of the whole stream: while it is 0, neither side transfers. After reset
    all registers are 0 and the generators are at their first words; a group in progress is
    lost.

    Registers: those of the circuit; ``full``, which is ``output_valid``; at L > 1 also
    ``cycle``, the number of the group's next cycle, and the group's rate and gradients. In
    the model ``position`` counts the steps of the generators.

    The bit order in Verilog and the protocol are those of Amaranth's data streams. The
    circuit and its source are those of `MomentumSgdLanes`.

    Examples
    --------
    >>> from stochastic import Counter, MomentumSgdLanes, MomentumSgdUnit
    >>> unit = MomentumSgdUnit(
    ...     circuit=MomentumSgdLanes(
    ...         lanes=1, momentum_bits=2, weight_bits=8, decay_shift=1,
    ...         gradient_generator=Counter(width=3),
    ...         momentum_generator=Counter(width=2, direction="down"),
    ...     )
    ... )
    >>> outputs, _ = unit.run({
    ...     "input_valid": [1, 1, 1, 0], "rate": [1, 1, 1, 1], "gradient": [8, -8, -8, 0],
    ...     "momentum_in": [0, 0, 0, 0], "weight_in": [5, 5, 5, 0],
    ...     "output_ready": [0, 0, 1, 1],
    ... })
    >>> outputs["input_ready"][:, 0].tolist(), outputs["output_valid"][:, 0].tolist()
    ([1, 0, 1, 1], [0, 1, 1, 1])
    >>> outputs["momentum"][:, 0].tolist()
    [0, 2, 2, -2]
    """

    circuit: UpdateCircuit

    def __post_init__(self) -> None:
        check_update_circuit("MomentumSgdUnit", self.circuit)

    @property
    def lanes(self) -> int:
        """Number P of parameters updated side by side."""
        return self.circuit.lanes

    @property
    def cycles_per_step(self) -> int:
        """Number L of cycles of one group."""
        return self.circuit.cycles_per_step

    @property
    def ports(self) -> tuple[Port, ...]:
        circuit_ports = {port.name: port for port in self.circuit.ports}
        return (
            Port.input("input_valid", meaning="a group of inputs is offered"),
            *(circuit_ports[name] for name in INPUTS[1:]),
            Port.input("output_ready", meaning="the results can be taken"),
            Port.output("input_ready", meaning="a group of inputs can be taken"),
            Port.output("output_valid", meaning="a group of results is offered"),
            *(circuit_ports[name] for name in OUTPUTS),
        )

    @property
    def held_inputs(self) -> tuple[Port, ...]:
        """The inputs that the unit stores for the later cycles of a group."""
        if self.cycles_per_step == 1:
            return ()
        return tuple(p for p in self.circuit.inputs if p.name in HELD)

    @property
    def registers(self) -> tuple[Register, ...]:
        last = self.cycles_per_step - 1
        return (
            *self.circuit.registers,
            *(
                Register(name=f"held_{p.name}", width=p.width, signed=p.signed, count=p.count)
                for p in self.held_inputs
            ),
            *([Register.counting("cycle", last)] if last else []),
            Register(name="full", width=1),
            Register(name="position", width=63),
        )

    def step(
        self, registers: dict[str, Any], words, **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        circuit = self.circuit
        cycle, full = registers.get("cycle", 0), registers["full"]
        ready = cycle == 0 and (not full or inputs["output_ready"])
        begins = bool(ready and inputs["input_valid"])
        after = dict(registers)
        fields = {name: inputs[name] for name in INPUTS[1:]}
        for port in self.held_inputs:
            if begins:
                after[f"held_{port.name}"] = inputs[port.name]
            fields[port.name] = after[f"held_{port.name}"]
        moved, results = circuit.step(
            {r.name: registers[r.name] for r in circuit.registers},
            [int(g.words(1, registers["position"])[0]) for g in circuit.generators],
            load=int(begins),
            **fields,
        )
        if begins or cycle > 0:
            last = cycle == self.cycles_per_step - 1
            after |= {**moved, "full": int(last), "position": registers["position"] + 1}
            if self.cycles_per_step > 1:
                after["cycle"] = 0 if last else cycle + 1
        elif inputs["output_ready"]:
            after["full"] = 0
        return after, {"input_ready": int(ready), "output_valid": full, **results}

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        shape = inputs["input_valid"].shape
        begins, moves = np.zeros(shape, np.bool_), np.zeros(shape, np.bool_)
        _handshake(
            enable,
            (inputs["input_valid"], inputs["output_ready"]),
            self.cycles_per_step,
            (registers.get("cycle", np.zeros(shape[1], np.int64)), registers["full"]),
            (outputs["input_ready"], outputs["output_valid"]),
            (begins, moves),
        )
        for i in range(shape[1]):
            self._run_lanes(
                begins[:, i],
                moves[:, i],
                *(
                    select_circuit(arrays, i, shape[1])
                    for arrays in (inputs, registers, outputs)
                ),
            )

    def _run_lanes(
        self,
        begins: NDArray[np.bool_],
        moves: NDArray[np.bool_],
        inputs: dict[str, NDArray[np.int64]],
        registers: dict[str, NDArray[np.int64]],
        outputs: dict[str, NDArray[np.int64]],
    ) -> None:
        """Run the lanes of one unit, given the cycles in which groups begin and advance."""
        circuit = self.circuit
        fields = {name: inputs[name] for name in ("momentum_in", "weight_in")}
        results, state = circuit.run(
            {**self.circuit_inputs(begins, inputs, registers), **fields},
            enable=moves,
            state=State(
                int(registers["position"][0]),
                {r.name: registers[r.name] for r in circuit.registers},
            ),
        )
        registers["position"][0] = state.position
        for register in circuit.registers:
            registers[register.name][:] = state.registers[register.name]
        for name in OUTPUTS:
            outputs[name][:] = results[name]

    def circuit_inputs(
        self,
        begins: NDArray[np.bool_],
        inputs: dict[str, NDArray[np.int64]],
        registers: dict[str, NDArray[np.int64]],
    ) -> dict[str, NDArray[np.int64]]:
        """Return load, rate and gradient of the lanes, given the cycles where groups begin.

        The registers that hold them during a group are updated.
        """
        fields = {"load": begins[:, None].astype(np.int64)}
        latest_begin = np.maximum.accumulate(np.where(begins, np.arange(len(begins)), -1))
        for name in HELD:
            fields[name] = inputs[name]
            if self.cycles_per_step > 1 and len(begins):
                held = registers[f"held_{name}"]
                fields[name] = np.where(
                    latest_begin[:, None] >= 0, inputs[name][latest_begin], held
                )
                held[:] = fields[name][-1]
        return fields


def check_update_circuit(name: str, circuit: Any) -> UpdateCircuit:
    """Return `circuit` if it updates parameters, or raise a TypeError."""
    if not isinstance(circuit, UpdateCircuit):
        raise TypeError(
            f"{name} circuit must update parameters, as MomentumSgdLanes does, "
            f"not {shown(circuit)}"
        )
    return circuit


def select_circuit(
    arrays: dict[str, NDArray[np.int64]], i: int, count: int
) -> dict[str, NDArray[np.int64]]:
    """Return the columns of circuit `i` in arrays of `count` circuits side by side."""
    parts = {}
    for name, array in arrays.items():
        size = array.shape[-1] // count
        parts[name] = array[..., i * size : (i + 1) * size]
    return parts


@compiled
def _handshake(enable, inputs, cycles_per_step, registers, outputs, events):
    """Find the cycles in which groups begin and advance; all arrays ``[cycles, units]``."""
    input_valid, output_ready = inputs
    cycle, full = registers
    input_ready, output_valid = outputs
    begins, moves = events
    for t in range(len(enable)):
        for i in range(len(full)):
            ready = cycle[i] == 0 and (full[i] == 0 or output_ready[t, i] == 1)
            input_ready[t, i] = ready
            output_valid[t, i] = full[i]
            if not enable[t]:
                continue
            begins[t, i] = ready and input_valid[t, i] == 1
            moves[t, i] = begins[t, i] or cycle[i] > 0
            if moves[t, i]:
                last = cycle[i] == cycles_per_step - 1
                full[i] = last
                cycle[i] = 0 if last else cycle[i] + 1
            elif output_ready[t, i] == 1:
                full[i] = 0
