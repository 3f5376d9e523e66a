"""Base of the adders that accumulate the ones of K streams and emit carries."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from fixedpoint.circuit import Port, Register
from fixedpoint.kernels.compiled import compiled

from ..circuit import StreamCircuit
from .carry_slices import run_carries

__all__ = ["CarryAdder"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class CarryAdder(StreamCircuit):
    """Base of the unified adders of uGEMM: an accumulator that pays for each 1 it emits.

    In each enabled cycle, with n the number of ones among the streams::

        S   = min(S + gain n - offset, upper limit)
        sum = S >= cost
        S   = max(S - cost sum, lower limit)

    A subclass has the field or attribute `fan_in`, K, and gives `gain`, `offset`, `cost` and
    `limits`. It may rename the ports.
    """

    stream_input: ClassVar[str] = "streams"
    stream_output: ClassVar[str] = "sum"
    input_meaning: ClassVar[str] = "streams to add"
    output_meaning: ClassVar[str] = "stream of the sum"

    if TYPE_CHECKING:

        @property
        def fan_in(self) -> int: ...

    @property
    def gain(self) -> int:
        """What one 1 of a stream adds."""
        return 1

    @property
    def offset(self) -> int:
        """What each cycle subtracts."""
        return 0

    @property
    def cost(self) -> int:
        """What a 1 of the sum costs."""
        raise NotImplementedError

    @property
    def limits(self) -> tuple[int, int]:
        """Least value of the accumulator, and largest one before a 1 is emitted."""
        raise NotImplementedError

    @property
    def ports(self) -> tuple[Port, ...]:
        return (
            Port.input(self.stream_input, count=self.fan_in, meaning=self.input_meaning),
            Port.output(self.stream_output, meaning=self.output_meaning),
        )

    @property
    def registers(self) -> tuple[Register, ...]:
        low, high = self.limits
        width = max(high, -1 - low).bit_length() + (low < 0)
        return (Register(name="stored", width=width, signed=low < 0),)

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        low, high = self.limits
        ones = inputs[self.stream_input]
        count = ones if self.fan_in == 1 else sum(ones)
        stored = min(registers["stored"] + self.gain * count - self.offset, high)
        emitted = int(stored >= self.cost)
        return {"stored": max(stored - self.cost * emitted, low)}, {self.stream_output: emitted}

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        streams = inputs[self.stream_input]
        lanes = streams.shape[1] // self.fan_in
        counts = streams.reshape(len(streams), lanes, self.fan_in).sum(axis=2)
        added = self.gain * counts - self.offset
        emitted = outputs[self.stream_output]
        _carry(enable, added, self.cost, self.limits, registers["stored"], emitted)

    def _packed(self, words, inputs, length):
        given = inputs[self.stream_input]
        streams = np.broadcast_arrays(*([given] if self.fan_in == 1 else given))
        shape = streams[0].shape
        total = np.empty(shape, np.uint64)
        low, high = self.limits
        # Bits that hold the accumulator with the largest and least of a cycle, and a sign.
        furthest = max(abs(low), abs(high)) + self.gain * self.fan_in + self.offset + self.cost
        run_carries(
            np.stack([s.reshape(-1, shape[-1]) for s in streams]),
            length,
            self.gain,
            self.offset,
            self.cost,
            low,
            high,
            furthest.bit_length() + 1,
            total.reshape(-1, shape[-1]),
        )
        return {self.stream_output: total}


@compiled
def _carry(enable, added, cost, limits, stored, emitted):
    low, high = limits
    cycles, lanes = added.shape
    for t in range(cycles):
        for lane in range(lanes):
            value = min(stored[lane] + added[t, lane], high)
            bit = np.int64(value >= cost)
            emitted[t, lane] = bit
            if enable[t]:
                stored[lane] = max(value - cost * bit, low)
