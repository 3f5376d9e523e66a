"""Base of the state machines that change the correlation of two streams."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from fixedpoint.circuit import Port, Register, check_integer

from ..circuit import StateMachine, StreamCircuit

__all__ = ["PairMachine"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class PairMachine(StreamCircuit):
    """Base of the circuits that hold back bits of two streams and release them later.

    Parameters
    ----------
    depth : int
        D, the largest number of bits held back, 1..8.

    Notes
    -----
    Ports: ``a`` and ``b`` to ``a_out`` and ``b_out``, one bit each. Latency 0.
    """

    depth: int = 1

    def __post_init__(self) -> None:
        name = type(self).__name__
        self._set(depth=check_integer(f"{name} depth", self.depth, 1, 8))

    @property
    def table(self) -> StateMachine:
        """The circuit as a state machine, from which its model follows."""
        raise NotImplementedError

    @property
    def ports(self) -> tuple[Port, ...]:
        return (
            Port.input("a", meaning="first stream"),
            Port.input("b", meaning="second stream"),
            Port.output("a_out", meaning="first stream, its ones moved in time"),
            Port.output("b_out", meaning="second stream, its ones moved in time"),
        )

    @property
    def registers(self) -> tuple[Register, ...]:
        return self.table.registers

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        return self.table.step(registers, words, **inputs)

    def cycle_code(self, code, words, registers, inputs):
        return self.table.cycle_code(code, words, registers, inputs)

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        self.table._kernel(enable, words, inputs, registers, outputs)

    def _packed(self, words, inputs, length):
        return self.table._packed(words, inputs, length)
