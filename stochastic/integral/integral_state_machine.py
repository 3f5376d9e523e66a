"""Saturating counters that integers move: the base of NStanh and NSexp."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from fixedpoint.circuit import Circuit, Port, Register, check_choice, check_integer
from fixedpoint.kernels.compiled import compiled

from .integral_port import ENCODINGS, check_range, integral_port

__all__ = ["IntegralStateMachine"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class IntegralStateMachine(Circuit):
    """Saturating counter that adds an integer in each cycle; a threshold gives the output.

    Parameters
    ----------
    states : int
        K, 2..2^20. For an input of range m the paper takes K = m n.
    range : int
        Range m of the input.
    encoding : {"unipolar", "bipolar"}
        Encoding of the input.
    initial : int, optional
        The state after reset, 0..K - 1; by default K // 2.

    Notes
    -----
    Ports: ``value`` and ``y``, one bit. The state becomes ``S + value``, held at 0 and
    K - 1. Latency 1.
    """

    states: int
    range: int
    encoding: str = "bipolar"
    initial: int | None = None

    def __post_init__(self) -> None:
        name = type(self).__name__
        states = check_integer(f"{name} states", self.states, 2, 1 << 20)
        initial = states // 2 if self.initial is None else self.initial
        self._set(
            states=states,
            range=check_range(f"{name} range", self.range),
            initial=check_integer(f"{name} initial", initial, 0, states - 1),
        )
        check_choice(f"{name} encoding", self.encoding, ENCODINGS)

    @property
    def threshold(self) -> int:
        """The lowest state of the upper part."""
        raise NotImplementedError

    @property
    def upper(self) -> int:
        """The output bit at and above `threshold`; below it is the inverse."""
        raise NotImplementedError

    @property
    def ports(self) -> tuple[Port, ...]:
        return (
            integral_port("value", "in", self.range, self.encoding, meaning="integral stream"),
            Port.output("y", meaning="stream of the function"),
        )

    @property
    def registers(self) -> tuple[Register, ...]:
        return (Register.counting("state", self.states - 1, reset=int(self.initial or 0)),)

    @property
    def latency(self) -> int:
        return 1

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        state = registers["state"]
        moved = max(0, min(state + inputs["value"], self.states - 1))
        bit = self.upper if state >= self.threshold else 1 - self.upper
        return {"state": moved}, {"y": bit}

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        _walk(
            enable,
            inputs["value"],
            self.states - 1,
            self.threshold,
            self.upper,
            registers["state"],
            outputs["y"],
        )


@compiled
def _walk(enable, integer, last, threshold, upper, state, y):
    cycles, lanes = integer.shape
    for t in range(cycles):
        for lane in range(lanes):
            y[t, lane] = upper if state[lane] >= threshold else 1 - upper
        if enable[t]:
            for lane in range(lanes):
                moved = state[lane] + integer[t, lane]
                state[lane] = max(np.int64(0), min(moved, np.int64(last)))
