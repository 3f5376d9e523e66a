"""Base of the adders that accumulate the ones of K streams and emit carries."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from fixedpoint.circuit import Port, Register, check_choice, check_integer
from fixedpoint.kernels.compiled import compiled

from ..circuit import StreamCircuit

__all__ = ["CarryAdder"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class CarryAdder(StreamCircuit):
    """Base of the unified adders of uGEMM: an accumulator that pays for each 1 it emits.

    In each enabled cycle, with n the number of ones among the streams::

        S   = min(S + gain n - offset, upper)
        sum = S >= cost
        S   = max(S - cost sum, lower)

    A subclass gives `gain`, `offset`, `cost`, `lower` and `upper`; `register_width` follows.

    Parameters
    ----------
    fan_in : int
        Number of streams, K, 2..1024.
    encoding : {"unipolar", "bipolar"}
        Encoding of the streams and of the sum.
    """

    fan_in: int
    encoding: str = "unipolar"

    def __post_init__(self) -> None:
        name = type(self).__name__
        self._set(fan_in=check_integer(f"{name} fan_in", self.fan_in, 2, 1024))
        check_choice(f"{name} encoding", self.encoding, ("unipolar", "bipolar"))

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
        return Port.input("streams", count=self.fan_in), Port.output("sum")

    @property
    def registers(self) -> tuple[Register, ...]:
        low, high = self.limits
        width = max(high, -1 - low).bit_length() + (low < 0)
        return (Register(name="stored", width=width, signed=low < 0),)

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        low, high = self.limits
        count = sum(inputs["streams"])
        stored = min(registers["stored"] + self.gain * count - self.offset, high)
        emitted = int(stored >= self.cost)
        return {"stored": max(stored - self.cost * emitted, low)}, {"sum": emitted}

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        streams = inputs["streams"]
        lanes = streams.shape[1] // self.fan_in
        counts = streams.reshape(len(streams), lanes, self.fan_in).sum(axis=2)
        added = self.gain * counts - self.offset
        _carry(enable, added, self.cost, self.limits, registers["stored"], outputs["sum"])

    def _packed(self, words, inputs, length):
        streams = np.broadcast_arrays(*inputs["streams"])
        shape = streams[0].shape
        flat = np.stack([s.reshape(-1, shape[-1]) for s in streams])
        total = np.empty(shape, np.uint64)
        _carry_packed(
            flat,
            length,
            self.gain,
            self.offset,
            self.cost,
            self.limits,
            total.reshape(-1, shape[-1]),
        )
        return {"sum": total}


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


@compiled
def _carry_packed(streams, length, gain, offset, cost, limits, emitted):
    """Run on streams ``[K, lanes, words]``, 64 cycles a word, from an empty accumulator."""
    low, high = limits
    fan_in, lanes, words = streams.shape
    counts = np.zeros(64, np.int16)
    for lane in range(lanes):
        stored = np.int64(0)
        for i in range(words):
            counts[:] = 0
            for k in range(fan_in):
                word = streams[k, lane, i]
                for t in range(64):
                    counts[t] += np.int16((word >> np.uint64(t)) & np.uint64(1))
            word = np.uint64(0)
            for t in range(min(64, length - 64 * i)):
                value = min(stored + gain * np.int64(counts[t]) - offset, high)
                bit = np.int64(value >= cost)
                word |= np.uint64(bit) << np.uint64(t)
                stored = max(value - cost * bit, low)
            emitted[lane, i] = word
