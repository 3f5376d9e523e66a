"""Base of all circuits: ports, registers, latency and a golden model with explicit state."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .array_checks import check_control
from .checks import check_integer, shown
from .docstrings import docstring
from .parameters import Parameters
from .port import Port
from .state import Register, State
from .word_source import WordSource

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["Circuit"]

# The ports of every sequential circuit besides its own.
CONTROL = (
    Port.input("clk", meaning="clock; state changes at its rising edge"),
    Port.input("rst", meaning="synchronous reset, active high; it overrides enable"),
    Port.input("enable", meaning="state advances while 1 and holds while 0"),
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Circuit(Parameters):
    """Base of all circuits: the parameters together with the golden model.

    A subclass declares `ports`, `registers`, `generators` and `latency`. It describes the
    behaviour twice: `step` is plain Python, for one cycle of one lane; `_kernel` is compiled,
    for all cycles of all lanes. The tests compare the two.

    A circuit with registers or generators is sequential. Its hardware has ``clk``, a
    synchronous ``rst`` that restores the reset state, and ``enable``, which freezes all state
    while it is 0. Outputs depend on state and inputs only, not on ``enable`` or ``rst``.
    """

    @property
    def ports(self) -> tuple[Port, ...]:
        """The data ports, inputs first."""
        raise NotImplementedError

    @property
    def registers(self) -> tuple[Register, ...]:
        """The registers, without those of `generators`."""
        return ()

    @property
    def generators(self) -> tuple[WordSource, ...]:
        """The generators of the circuit; each advances by one word per enabled cycle."""
        return ()

    @property
    def latency(self) -> int:
        """Number of cycles from an input to the first output that depends on it."""
        return 0

    @property
    def sequential(self) -> bool:
        """Whether the circuit has state, and therefore clk, rst and enable."""
        return bool(self.registers or self.generators)

    @property
    def summary(self) -> str:
        """The first line of the class's docstring."""
        return docstring(type(self)).split("\n")[0]

    @functools.cached_property
    def inputs(self) -> tuple[Port, ...]:
        """The input ports."""
        return tuple(p for p in self.ports if p.direction == "in")

    @functools.cached_property
    def outputs(self) -> tuple[Port, ...]:
        """The output ports."""
        return tuple(p for p in self.ports if p.direction == "out")

    @property
    def interface(self) -> tuple[Port, ...]:
        """All ports of the hardware: clk, rst and enable if sequential, then `ports`."""
        return (*(CONTROL if self.sequential else ()), *self.ports)

    def describe(self) -> dict[str, Any]:
        """Return parameters, ports, latency and reset state as JSON values."""
        return {
            "parameters": self.to_dict(),
            "ports": [
                {
                    "name": p.name,
                    "direction": p.direction,
                    "width": p.width * p.count,
                    "signed": p.signed,
                    "elements": p.count,
                    "count": p.count,
                    "meaning": p.meaning,
                    "minimum": p.range[0],
                    "maximum": p.range[1],
                }
                for p in self.interface
            ],
            "latency": self.latency,
            "reset": {
                **{r.name: r.reset for r in self.registers},
                **{f"generator{i}": int(g.words(1)[0]) for i, g in enumerate(self.generators)},
            },
        }

    def reset(self, lanes: int = 1) -> State:
        """Return the reset state of `lanes` parallel circuits."""
        lanes = check_integer("lanes", lanes, 0, 2**31)
        return State(
            0,
            {r.name: np.full(lanes * r.count, r.reset, np.int64) for r in self.registers},
        )

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Compute one enabled cycle of one lane in plain Python; reference of `run`.

        Parameters
        ----------
        registers : dict of str to int, or to list of int if the count is over 1
        words : sequence of int
            The word of each generator in this cycle.
        **inputs : int, or list of int if the count is over 1

        Returns
        -------
        registers, outputs : dict
            The registers after the clock edge, and the outputs before it.
        """
        raise NotImplementedError

    def _kernel(
        self,
        enable: NDArray[np.bool_],
        words: list[NDArray[np.uint32]],
        inputs: dict[str, NDArray[np.int64]],
        registers: dict[str, NDArray[np.int64]],
        outputs: dict[str, NDArray[np.int64]],
    ) -> None:
        """Compute all cycles; write `outputs` and update `registers` in place.

        All arrays are ``[cycles, lanes * count]``. ``words[g][t]`` is the word of generator
        ``g`` in cycle ``t``; it repeats while `enable` is 0.
        """
        raise NotImplementedError

    def run(
        self,
        inputs: Mapping[str, ArrayLike] | None = None,
        *,
        cycles: int | None = None,
        lanes: int | None = None,
        enable: ArrayLike | None = None,
        rst: ArrayLike | None = None,
        state: State | None = None,
    ) -> tuple[dict[str, NDArray[np.int64]], State]:
        """Run the golden model.

        Parameters
        ----------
        inputs : mapping of str to integer array ``[cycles, lanes * count]``
            An array for each input port. A vector stands for one lane.
        cycles, lanes : int, optional
            Needed if the circuit has no inputs.
        enable, rst : boolean array ``[cycles]``, optional
            Values of the pins. By default always enabled and never reset.
        state : State, optional
            Initial state, by default the reset state. It is not modified.

        Returns
        -------
        outputs : dict of str to int64 array ``[cycles, lanes * count]``
            The outputs before each clock edge.
        state : State
            The final state. Pass it to the next call to continue.

        Raises
        ------
        TypeError, ValueError
            If a port is missing or unknown, a value is out of its range, or the state is not
            one of this circuit and so many lanes.
        """
        kind = type(self).__name__
        if not isinstance(inputs, Mapping | None):
            raise TypeError(f"{kind} inputs must be arrays by port name, not {shown(inputs)}")
        given = dict(inputs or {})
        if cycles is not None:
            cycles = check_integer("cycles", cycles, 0, 2**48)
        if lanes is not None:
            lanes = check_integer("lanes", lanes, 0, 2**31)
        names = [p.name for p in self.inputs]
        for name in given:
            if name not in names:
                raise ValueError(f"{kind} has no input port {shown(name)}")
        arrays: dict[str, NDArray[np.int64]] = {}
        for port in self.inputs:
            if port.name not in given:
                raise ValueError(f"{kind} needs the input port {port.name!r}")
            array = port.check(given[port.name])
            lanes = array.shape[1] // port.count if lanes is None else lanes
            array = port.check(array, lanes * port.count)
            cycles = len(array) if cycles is None else cycles
            if len(array) != cycles:
                raise ValueError(f"port {port.name} has {len(array)} cycles, not {cycles}")
            arrays[port.name] = array
        if cycles is None:
            raise ValueError(f"{kind} has no inputs, so run() needs cycles=")
        lanes = 1 if lanes is None else lanes
        enabled = check_control("enable", enable, cycles, True)
        resets = check_control("rst", rst, cycles, False)
        state = self.reset(lanes) if state is None else state
        if not isinstance(state, State):
            raise TypeError(f"{kind} state must be a State, not {shown(state)}")
        held_names, own_names = state.registers.keys(), [r.name for r in self.registers]
        if held_names != set(own_names):
            raise ValueError(
                f"{kind} state must have the registers {', '.join(own_names) or 'none'}, "
                f"not {', '.join(held_names) or 'none'}"
            )
        registers = {r.name: r.check(state.registers[r.name], lanes) for r in self.registers}
        outputs = {p.name: np.empty((cycles, lanes * p.count), np.int64) for p in self.outputs}
        position = check_integer(f"{kind} state position", state.position, 0, 2**63 - 1)
        # A reset ends a stretch of cycles. The stretches after the first one begin alike.
        ends = [*(np.flatnonzero(resets) + 1).tolist(), cycles]
        begins = [0, *ends[:-1]]
        counts = [int(enabled[a:b].sum()) for a, b in zip(begins, ends, strict=True)]
        if not self.sequential:
            self._kernel(enabled, [], arrays, registers, outputs)
            return outputs, State(counts[-1] + (position if len(ends) == 1 else 0), registers)
        generators = self.generators
        first = later = [g.words(counts[0] + 1, position) for g in generators]
        if len(ends) > 1:
            fresh = self.reset(lanes).registers
            later = [g.words(max(counts[1:]) + 1) for g in generators]
        for number, (begin, end) in enumerate(zip(begins, ends, strict=True)):
            part = slice(begin, end)
            numbers: NDArray[np.intp] = np.cumsum(enabled[part]) - enabled[part]
            self._kernel(
                enabled[part],
                [words[numbers] for words in (later if number else first)],
                {name: array[part] for name, array in arrays.items()},
                registers,
                {name: array[part] for name, array in outputs.items()},
            )
            position += counts[number]
            if number + 1 < len(ends):
                position = 0
                registers = {name: values.copy() for name, values in fresh.items()}
        return outputs, State(position, registers)
