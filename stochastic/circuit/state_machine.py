"""Saturating state machines on streams: model and bit-sliced engine from two tables."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from fixedpoint.circuit import Port, Register, check_integer

from .bit_slices import flat_streams
from .cycle_code import Symbol
from .decision_diagram import decision_diagram
from .look_up_machine import has_look_ups, look_up_tables, run_look_ups
from .state_machine_kernels import run_bit_sliced, run_cycles
from .stream_circuit import StreamCircuit

__all__ = ["StateMachine"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class StateMachine(StreamCircuit):
    """Saturating counter of K states whose output bits are a function of the state.

    A subclass names its streams and gives `output_bits`, and `move` where it is not the plain
    up/down counter. Step, kernel, bit-sliced engine and RTL follow from the two tables.

    Parameters
    ----------
    states : int
        K, 2..1024.
    initial : int, optional
        The state after reset, 0..K - 1; by default K // 2.

    Notes
    -----
    Ports: one bit for each of `stream_inputs` and `stream_outputs`. The state S moves by
    `move` at each enabled cycle and is held at 0 and K - 1.

    Latency 1 from the inputs to the outputs, or 0 where `output_bits` reads the inputs.
    """

    states: int
    initial: int | None = None

    stream_inputs: ClassVar[tuple[str, ...]] = ("x",)
    stream_outputs: ClassVar[tuple[str, ...]] = ("y",)
    # What a port carries, where it is more than a stream or a stream of the function.
    meanings: ClassVar[Mapping[str, str]] = {}
    # The least number of states, and whether it must be even.
    LEAST_STATES: ClassVar[int] = 2
    EVEN_STATES: ClassVar[bool] = False

    def __post_init__(self) -> None:
        name = type(self).__name__
        states = check_integer(f"{name} states", self.states, self.LEAST_STATES, 1024)
        if self.EVEN_STATES and states % 2:
            raise ValueError(f"{name} states must be even, not {states}")
        initial = states // 2 if self.initial is None else self.initial
        self._set(
            states=states,
            initial=check_integer(f"{name} initial", initial, 0, states - 1),
        )

    def move(self, state: int, *bits: int) -> int:
        """Return the move at a state for the input bits: -1, 0 or 1, before saturation.

        By default 1 where the first input is 1, else -1.
        """
        return 1 if bits[0] else -1

    def output_bits(self, state: int, *bits: int) -> tuple[int, ...]:
        """Return the output bits at a state for the input bits, one for each output."""
        raise NotImplementedError

    @property
    def ports(self) -> tuple[Port, ...]:
        return (
            *(
                Port.input(name, meaning=self.meanings.get(name, "stream"))
                for name in self.stream_inputs
            ),
            *(
                Port.output(name, meaning=self.meanings.get(name, "stream of the function"))
                for name in self.stream_outputs
            ),
        )

    @property
    def registers(self) -> tuple[Register, ...]:
        return (Register.counting("state", self.states - 1, reset=int(self.initial or 0)),)

    @functools.cached_property
    def move_table(self) -> NDArray[np.int64]:
        """Every move, int64 ``[2^inputs, K]``; input i is bit i of the row."""
        return np.array(
            [[self.move(s, *bits) for s in range(self.states)] for bits in self._rows()],
            np.int64,
        )

    @functools.cached_property
    def output_table(self) -> NDArray[np.int64]:
        """Every output bit, int64 ``[outputs, 2^inputs, K]``."""
        rows = [
            [[int(b) for b in self.output_bits(s, *bits)] for s in range(self.states)]
            for bits in self._rows()
        ]
        return np.ascontiguousarray(np.array(rows, np.int64).transpose(2, 0, 1))

    def _rows(self) -> list[tuple[int, ...]]:
        count = len(self.stream_inputs)
        return [tuple(row >> i & 1 for i in range(count)) for row in range(1 << count)]

    @functools.cached_property
    def latency(self) -> int:  # type: ignore[override]
        table = self.output_table
        return int((table == table[:, :1]).all())

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        state = registers["state"]
        bits = [inputs[name] for name in self.stream_inputs]
        values = [int(bit) for bit in self.output_bits(state, *bits)]
        moved = max(0, min(state + self.move(state, *bits), self.states - 1))
        return {"state": moved}, dict(zip(self.stream_outputs, values, strict=True))

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        rows = sum(inputs[name] << i for i, name in enumerate(self.stream_inputs))
        results = np.empty((len(self.stream_outputs), *rows.shape), np.int64)
        run_cycles(
            enable, rows, self.move_table, self.output_table, registers["state"], results
        )
        for name, values in zip(self.stream_outputs, results, strict=True):
            outputs[name][:] = values

    def cycle_code(self, code, words, registers, inputs):
        state = registers["state"].text
        row = " + ".join(
            f"({inputs[name].text} << {i})" for i, name in enumerate(self.stream_inputs)
        )
        # Outputs that do not depend on the inputs must not name them.
        shown = "0" if self.latency else row
        moves = code.table(self.move_table)
        outputs = {
            name: Symbol(f"{code.table(table)}[{shown}, {state}]")
            for name, table in zip(self.stream_outputs, self.output_table, strict=True)
        }
        moved = Symbol(f"({state} + {moves}[{row}, {state}])")
        return outputs, {"state": moved.held(0, self.states - 1)}

    @functools.cached_property
    def _diagram(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Multiplexers for up, down and the outputs; state bits first, then inputs."""
        planes = (self.states - 1).bit_length()
        # States past the last are never reached: they take the last one's bits.
        index = np.minimum(np.arange(1 << planes), self.states - 1)
        moves = self.move_table[:, index]
        up = (moves > 0) & (index < self.states - 1)
        down = (moves < 0) & (index > 0)
        outputs = [table[:, index] for table in self.output_table]
        return decision_diagram([t.ravel().tolist() for t in (up, down, *outputs)])

    @functools.cached_property
    def _look_up_tables(self) -> tuple[NDArray[np.uint8], int, int] | None:
        return look_up_tables(self.move_table, self.output_table)

    def _packed(self, words, inputs, length):
        wires = [inputs[name] for name in self.stream_inputs]
        shape = np.broadcast_shapes(*(wire.shape for wire in wires))
        streams = [flat_streams(wire, shape) for wire in wires]
        results = np.empty((len(self.stream_outputs), *streams[0].shape), np.uint64)
        if self._look_up_tables is not None and has_look_ups():
            run_look_ups(streams, self.initial, self._look_up_tables, list(results))
        else:
            nodes, roots = self._diagram
            planes = (self.states - 1).bit_length()
            stacked = np.stack(streams)
            run_bit_sliced(stacked, length, planes, self.initial, nodes, roots, results)
        return {n: r.reshape(shape) for n, r in zip(self.stream_outputs, results, strict=True)}
