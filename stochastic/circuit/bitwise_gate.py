"""Gates without state, described once for single bits, arrays and packed words."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from .stream_circuit import StreamCircuit

__all__ = ["BitwiseGate"]

ALL_ONES = np.uint64(2**64 - 1)


@dataclasses.dataclass(frozen=True, kw_only=True)
class BitwiseGate(StreamCircuit):
    """Gate whose output bits are a bitwise function of the input bits of the same cycle.

    A subclass declares one-bit `ports` and gives `logic`. Step, kernel and packed engine
    follow from it. The RTL stays a description of its own.
    """

    def logic(self, one: Any, **bits: Any) -> dict[str, Any]:
        """Return the output bits by port name, with the operators ``&``, ``|`` and ``^``.

        Parameters
        ----------
        one : int or uint64
            All bits 1: ``one ^ a`` is NOT of ``a``.
        **bits : int, int64 array or uint64 array; a list of them where the count is over 1
            The input bits by port name: a 0 or 1, an array of them, or 64 in a word.
        """
        raise NotImplementedError

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        return registers, self.logic(1, **inputs)

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        bits = {
            p.name: inputs[p.name]
            if p.count == 1
            else [inputs[p.name][:, i :: p.count] for i in range(p.count)]
            for p in self.inputs
        }
        for name, values in self.logic(1, **bits).items():
            outputs[name][:] = values

    def cycle_code(self, code, words, registers, inputs):
        return self.logic(1, **inputs), {}

    def _packed(self, words, inputs, length):
        return self.logic(ALL_ONES, **inputs)
