"""Momentum SGD on a stream: the lanes between a valid/ready input and a valid/ready output."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from fixedpoint.circuit import Circuit, Port, Register, State
from fixedpoint.kernels.compiled import compiled
from fixedpoint.update.base import UpdateCircuit

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["MomentumSgdUnit", "check_lanes", "columns"]

# The ports of the circuit in the lanes.
INPUTS = ("load", "rate", "gradient", "momentum_in", "weight_in")
OUTPUTS = ("momentum", "weight")
# What the circuit needs in every cycle of a group, and a unit therefore keeps.
HELD = ("rate", "gradient")


@dataclasses.dataclass(frozen=True, kw_only=True)
class MomentumSgdUnit(Circuit):
    """Momentum SGD on a stream: groups of P parameters go in, updated ones come out.

    A group is P gradients, momenta and weights together with a `rate`. It is taken in a
    cycle in which ``input_valid`` and ``input_ready`` are both 1, and spends
    `cycles_per_step` cycles in the lanes, L in all. Then ``output_valid`` rises, and the
    new momenta and weights stand still until a cycle in which ``output_ready`` is 1, too.
    In that very cycle the next group can be taken: where both sides are always willing,
    a group passes every L cycles, at L = 1 in every cycle.

    The generators step only with the cycles of groups. So the outputs, in their order, are
    those of `MomentumSgdLanes.step_tensor`, however often either side makes the other wait.

    Parameters
    ----------
    circuit : UpdateCircuit
        The lanes, such as a `MomentumSgdLanes`; `lanes` and `cycles_per_step` are theirs.

    Raises
    ------
    TypeError
        If the circuit is not one that updates parameters.

    Notes
    -----
    Ports: ``input_valid``, ``rate``, ``gradient``, ``momentum_in``, ``weight_in`` in, with
    ``input_ready`` out; ``output_valid``, ``momentum``, ``weight`` out, with
    ``output_ready`` in. The payload of a valid input must stand still until it is taken.
    ``momentum`` and ``weight`` are the lanes' registers and mean nothing while
    ``output_valid`` is 0.

    ``input_ready`` follows ``output_ready`` within a cycle, which is the latency of 0, and
    depends on no valid; from a group's arrival to its result there are L cycles.
    ``enable`` is the clock enable of the whole stream: where it is 0 nothing is taken on
    either side. After reset all registers are 0 and the generators at their first words:
    a group that was inside is lost.

    Registers: those of the circuit; ``full``, which is ``output_valid``; at L > 1 the
    number ``cycle`` of the group's next cycle and the group's rate and gradients. In the
    model ``position`` counts the steps of the generators.

    The order of bits in Verilog and the protocol are those of Amaranth's data streams;
    the circuit and its source are those of `MomentumSgdLanes`.

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
        check_lanes("MomentumSgdUnit", self.circuit)

    @property
    def lanes(self) -> int:
        """Parameters P that are updated side by side."""
        return self.circuit.lanes

    @property
    def cycles_per_step(self) -> int:
        """Cycles L that a group spends in the lanes."""
        return self.circuit.cycles_per_step

    @property
    def ports(self) -> tuple[Port, ...]:
        given = {port.name: port for port in self.circuit.ports}
        return (
            Port.input("input_valid"),
            *(given[name] for name in INPUTS[1:]),
            Port.input("output_ready"),
            Port.output("input_ready"),
            Port.output("output_valid"),
            *(given[name] for name in OUTPUTS),
        )

    @property
    def held(self) -> tuple[Port, ...]:
        """The inputs that are kept for a group's later cycles."""
        several = self.cycles_per_step > 1
        return tuple(p for p in self.circuit.inputs if several and p.name in HELD)

    @property
    def registers(self) -> tuple[Register, ...]:
        last = self.cycles_per_step - 1
        return (
            *self.circuit.registers,
            *(
                Register(name=f"held_{p.name}", width=p.width, signed=p.signed, count=p.count)
                for p in self.held
            ),
            *([Register(name="cycle", width=last.bit_length())] if last else []),
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
        for port in self.held:
            if begins:
                after[f"held_{port.name}"] = inputs[port.name]
            fields[port.name] = after[f"held_{port.name}"]
        moved, shown = circuit.step(
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
        return after, {"input_ready": int(ready), "output_valid": full, **shown}

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
            self._pass(
                begins[:, i],
                moves[:, i],
                *(columns(arrays, i, shape[1]) for arrays in (inputs, registers, outputs)),
            )

    def _pass(
        self,
        begins: NDArray[np.bool_],
        moves: NDArray[np.bool_],
        inputs: dict[str, NDArray[np.int64]],
        registers: dict[str, NDArray[np.int64]],
        outputs: dict[str, NDArray[np.int64]],
    ) -> None:
        """Run the lanes of one unit, given the cycles in which groups begin and move."""
        circuit = self.circuit
        fields = {name: inputs[name] for name in ("momentum_in", "weight_in")}
        shown, state = circuit.run(
            {**self.throughout(begins, inputs, registers), **fields},
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
            outputs[name][:] = shown[name]

    def throughout(
        self,
        begins: NDArray[np.bool_],
        inputs: dict[str, NDArray[np.int64]],
        registers: dict[str, NDArray[np.int64]],
    ) -> dict[str, NDArray[np.int64]]:
        """Return what the lanes get of load, rate and gradient, given where groups begin.

        The registers that hold them from a group's first cycle to its last are updated.
        """
        fields = {"load": begins[:, None].astype(np.int64)}
        latest = np.maximum.accumulate(np.where(begins, np.arange(len(begins)), -1))
        for name in HELD:
            fields[name] = inputs[name]
            if self.cycles_per_step > 1 and len(begins):
                kept = registers[f"held_{name}"]
                fields[name] = np.where(latest[:, None] >= 0, inputs[name][latest], kept)
                kept[:] = fields[name][-1]
        return fields


def check_lanes(name: str, circuit: Any) -> UpdateCircuit:
    """Return `circuit` if it can be the lanes of a unit, or raise a TypeError."""
    if not isinstance(circuit, UpdateCircuit):
        raise TypeError(
            f"{name} circuit must update parameters, as MomentumSgdLanes does, "
            f"unlike {circuit!r}"
        )
    return circuit


def columns(
    arrays: dict[str, NDArray[np.int64]], i: int, many: int
) -> dict[str, NDArray[np.int64]]:
    """Return, of `many` units side by side, the part of unit `i` in each array."""
    parts = {}
    for name, array in arrays.items():
        count = array.shape[-1] // many
        parts[name] = array[..., i * count : (i + 1) * count]
    return parts


@compiled
def _handshake(enable, inputs, cycles_per_step, registers, outputs, moved):
    """Find in which cycles groups begin and move; all arrays ``[cycles, units]``."""
    input_valid, output_ready = inputs
    cycle, full = registers
    input_ready, output_valid = outputs
    begins, moves = moved
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
