"""Base of the gates that compute a function of correlated streams."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from fixedpoint.circuit import Port, Register, check_integer

from ..circuit import StreamCircuit
from ..generators.generator import same_sequence
from .pair_machine import PairMachine
from .synchronizer import Synchronizer

__all__ = ["CorrelatedGate"]

ALL_ONES = np.uint64(2**64 - 1)


@dataclasses.dataclass(frozen=True, kw_only=True)
class CorrelatedGate(StreamCircuit):
    """Base of the gates whose function holds for correlated streams.

    A subclass gives `gate` and the names `output` and `pairing`. Model, engines and RTL
    follow.

    Parameters
    ----------
    depth : int
        Depth of the circuit in front that correlates the streams, 1..8; or 0 for the gate
        alone, whose streams must be correlated already.
    """

    depth: int = 1

    # The circuit in front, and the name of the output port.
    pairing: ClassVar[type[PairMachine]] = Synchronizer
    output: ClassVar[str]

    def __post_init__(self) -> None:
        name = type(self).__name__
        self._set(depth=check_integer(f"{name} depth", self.depth, 0, 8))

    def gate(self, one: Any, a: Any, b: Any) -> Any:
        """Return the output bit of the correlated bits a and b; ``one ^ a`` is NOT of a."""
        raise NotImplementedError

    @functools.cached_property
    def front(self) -> PairMachine | None:
        """The circuit that correlates the streams, if there is one."""
        return self.pairing(depth=self.depth) if self.depth else None

    @property
    def ports(self) -> tuple[Port, ...]:
        return (
            Port.input("a", meaning="first stream"),
            Port.input("b", meaning="second stream, correlated with the first"),
            Port.output(self.output, meaning=f"stream of the {self.output}"),
        )

    @property
    def registers(self) -> tuple[Register, ...]:
        return self.front.registers if self.front else ()

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        a, b = inputs["a"], inputs["b"]
        if self.front:
            registers, pair = self.front.step(registers, words, a=a, b=b)
            a, b = pair["a_out"], pair["b_out"]
        return registers, {self.output: self.gate(1, a, b)}

    def cycle_code(self, code, words, registers, inputs):
        a, b, after = inputs["a"], inputs["b"], {}
        if self.front:
            pair, after = self.front.cycle_code(code, words, registers, inputs)
            a, b = pair["a_out"], pair["b_out"]
        return {self.output: self.gate(1, a, b)}, after

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        a, b = inputs["a"], inputs["b"]
        if self.front:
            pair = {"a_out": np.empty_like(a), "b_out": np.empty_like(b)}
            self.front._kernel(enable, words, inputs, registers, pair)
            a, b = pair["a_out"], pair["b_out"]
        outputs[self.output][:] = self.gate(1, a, b)

    def _packed(self, words, inputs, length):
        a, b = inputs["a"], inputs["b"]
        if self.front:
            pair = self.front._packed(words, inputs, length)
            a, b = pair["a_out"], pair["b_out"]
        return {self.output: self.gate(ALL_ONES, a, b)}

    def _check_independence(self, operands, length) -> None:
        """Refuse streams of different sequences at a gate that stands alone."""
        if self.front:
            return
        (first,), (second,) = operands["a"], operands["b"]
        for g in first.generators:
            for h in second.generators:
                if not same_sequence(g, h, length):
                    name = type(self).__name__
                    raise ValueError(
                        f"{name} of depth 0 needs correlated streams, but {g!r} and {h!r} "
                        f"differ: give it a depth, or pass correlated=True if that is meant"
                    )
