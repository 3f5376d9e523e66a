"""JK divider: a JK flip-flop that two streams set and clear."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from fixedpoint.circuit import Port, Register

from ..circuit import StateMachine, StreamCircuit

__all__ = ["JkDivider"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class JkDivider(StreamCircuit):
    """JK divider x / (x + y): a JK flip-flop with x at J and y at K.

    Notes
    -----
    Ports: ``dividend``, x, and ``divisor``, y, to ``quotient``, one bit each, all unipolar.
    The quotient is the flip-flop. It is set by x where it is 0, and cleared by y where it
    is 1. Latency 1; after reset it is 0.

    For independent cycles of means p and q the exact mean of the quotient is
    ``p / (p + q)``, whether or not x and y are correlated with each other: the flip-flop sees
    one of them at a time. It is near x / y only where x is much smaller than y. A divisor of
    0 makes the quotient 1: `apply` refuses it.

    Source: B. R. Gaines, "Stochastic Computing Systems", 1969; as in D. Wu and J. San Miguel,
    "In-Stream Stochastic Division and Square Root via Correlation", DAC 2019. The mean is the
    stationary law of the flip-flop.

    Examples
    --------
    >>> from stochastic import JkDivider
    >>> streams = {"dividend": [1, 1, 0, 1], "divisor": [0, 0, 1, 0]}
    >>> JkDivider().run(streams)[0]["quotient"][:, 0].tolist()
    [0, 1, 1, 0]
    """

    nonzero: ClassVar[tuple[str, ...]] = ("divisor",)

    @functools.cached_property
    def table(self) -> StateMachine:
        """The flip-flop as a machine of two states."""
        return _JkTable(states=2, initial=0)

    @property
    def encodings(self) -> dict[str, str | None]:
        return dict.fromkeys(("dividend", "divisor", "quotient"), "unipolar")

    @property
    def ports(self) -> tuple[Port, ...]:
        return self.table.ports

    @property
    def registers(self) -> tuple[Register, ...]:
        return self.table.registers

    @property
    def latency(self) -> int:
        return 1

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        return self.table.step(registers, words, **inputs)

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        self.table._kernel(enable, words, inputs, registers, outputs)

    def _packed(self, words, inputs, length):
        return self.table._packed(words, inputs, length)


@dataclasses.dataclass(frozen=True, kw_only=True)
class _JkTable(StateMachine):
    """A JK flip-flop as a saturating state machine."""

    stream_inputs: ClassVar[tuple[str, ...]] = ("dividend", "divisor")
    stream_outputs: ClassVar[tuple[str, ...]] = ("quotient",)
    meanings: ClassVar[Mapping[str, str]] = {
        name: f"stream of the {name}" for name in ("dividend", "divisor", "quotient")
    }

    def move(self, state: int, *bits: int) -> int:
        j, k = bits
        return -k if state else j

    def output_bits(self, state: int, *bits: int) -> tuple[int, ...]:
        return (state,)
