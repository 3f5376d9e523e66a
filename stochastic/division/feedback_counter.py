"""Base of the dividers and roots that count up on an input and down on a feedback."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from fixedpoint.circuit import Port, Register, check_integer
from fixedpoint.kernels.compiled import compiled

from ..circuit import StreamCircuit
from ..circuit.bit_slices import GROUPS, load_slices, store_slices
from ..circuit.state_machine_kernels import count_up_down
from ..generators.generator import Generator, check_generator

__all__ = ["FeedbackCounter"]

MEANINGS = {
    "dividend": "stream of the dividend",
    "divisor": "stream of the divisor",
    "quotient": "stream of the quotient",
    "x": "stream of the radicand",
    "root": "stream of the square root",
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class FeedbackCounter(StreamCircuit):
    """Base of Gaines' divider and square root.

    In each enabled cycle, with C the counter and R the generator's word::

        out = R < C
        C   = C + up - (out and gate), saturated at 2^n

    `up` is the first input. The gate is the second input, or where there is none the output
    `delay` cycles ago. C cannot fall below 0, where out is 0.

    Parameters
    ----------
    width : int
        Number n of fraction bits of the counter, 1..32.
    generator : Generator
        Generator of the output, of width n, independent of the inputs.
    initial : int, optional
        The counter after reset, 0..2^n; by default 2^(n - 1).
    """

    width: int
    generator: Generator
    initial: int | None = None

    stream_inputs: ClassVar[tuple[str, ...]]
    stream_output: ClassVar[str]
    # Cycles from the output to the gate; 0 where the gate is an input.
    delay: ClassVar[int] = 0

    def __post_init__(self) -> None:
        name = type(self).__name__
        width = check_integer(f"{name} width", self.width, 1, 32)
        check_generator(f"{name} generator", self.generator, width)
        initial = 1 << (width - 1) if self.initial is None else self.initial
        self._set(width=width, initial=check_integer(f"{name} initial", initial, 0, 1 << width))

    @property
    def encodings(self) -> dict[str, str | None]:
        return dict.fromkeys((*self.stream_inputs, self.stream_output), "unipolar")

    @property
    def ports(self) -> tuple[Port, ...]:
        return (
            *(Port.input(name, meaning=MEANINGS[name]) for name in self.stream_inputs),
            Port.output(self.stream_output, meaning=MEANINGS[self.stream_output]),
        )

    @property
    def registers(self) -> tuple[Register, ...]:
        counter = Register.counting("value", 1 << self.width, reset=int(self.initial or 0))
        if not self.delay:
            return (counter,)
        return counter, Register(name="earlier", width=self.delay)

    @property
    def generators(self) -> tuple[Generator, ...]:
        return (self.generator,)

    @property
    def latency(self) -> int:
        return 1

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        value = registers["value"]
        out = int(words[0] < value)
        if self.delay:
            earlier = registers["earlier"]
            gate = earlier >> (self.delay - 1)
            held = {"earlier": (earlier << 1 | out) & ((1 << self.delay) - 1)}
        else:
            gate, held = inputs[self.stream_inputs[1]], {}
        moved = min(value + inputs[self.stream_inputs[0]] - (out & gate), 1 << self.width)
        return {"value": moved, **held}, {self.stream_output: out}

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        up, gate = (inputs[self.stream_inputs[i]] for i in (0, -1))
        unused = np.zeros_like(registers["value"])
        _run(
            enable,
            words[0].astype(np.int64),
            up,
            gate,
            self.delay,
            np.int64(1 << self.width),
            registers["value"],
            registers.get("earlier", unused),
            outputs[self.stream_output],
        )

    def _packed(self, words, inputs, length):
        wires = np.broadcast_arrays(*(inputs[name] for name in self.stream_inputs))
        shape = wires[0].shape
        streams = np.stack([wire.reshape(-1, shape[-1]) for wire in wires])
        out = np.empty(streams.shape[1:], np.uint64)
        sequence = words[0].astype(np.int64)
        _run_bit_sliced(streams, length, sequence, self.width, self.initial, self.delay, out)
        return {self.stream_output: out.reshape(shape)}


@compiled
def _run(enable, words, up, gate, delay, most, value, earlier, out):
    cycles, lanes = up.shape
    mask = (np.int64(1) << np.int64(delay)) - 1
    for t in range(cycles):
        for lane in range(lanes):
            now = value[lane]
            bit = np.int64(words[t] < now)
            out[t, lane] = bit
            if enable[t]:
                down = gate[t, lane]
                if delay:
                    down = earlier[lane] >> np.int64(delay - 1)
                    earlier[lane] = ((earlier[lane] << 1) | bit) & mask
                value[lane] = min(now + up[t, lane] - (bit & down), most)


@compiled(long_vectors=True)
def _run_bit_sliced(streams, length, sequence, width, initial, delay, out):
    """Run on packed streams ``[inputs, lanes, words]``, 64 streams a word."""
    inputs, lanes, words = streams.shape
    ones = np.uint64(0xFFFFFFFFFFFFFFFF)
    counter = np.zeros((width + 1, GROUPS), np.uint64)
    earlier = np.zeros((max(delay, 1), GROUPS), np.uint64)
    up, down = np.zeros(GROUPS, np.uint64), np.zeros(GROUPS, np.uint64)
    blocks = np.zeros((inputs, 64, GROUPS), np.uint64)
    shown = np.zeros((64, GROUPS), np.uint64)
    for begin in range(0, lanes, 64 * GROUPS):
        count = min(lanes - begin, 64 * GROUPS)
        earlier[:] = np.uint64(0)
        for plane in range(width + 1):
            counter[plane] = ones if initial >> plane & 1 else np.uint64(0)
        for word in range(words):
            for i in range(inputs):
                load_slices(streams[i], begin, count, word, blocks[i])
            for t in range(min(64, length - 64 * word)):
                now, below = sequence[64 * word + t], shown[t]
                below[:] = np.uint64(0)
                # From the lowest bit up: where the word's bit is 0 a 1 of the counter wins,
                # where it is 1 the counter needs a 1 not to lose.
                for plane in range(width + 1):
                    bits = counter[plane]
                    if now >> plane & 1:
                        for g in range(GROUPS):
                            below[g] &= bits[g]
                    else:
                        for g in range(GROUPS):
                            below[g] |= bits[g]
                gate = earlier[(64 * word + t) % delay] if delay else blocks[inputs - 1, t]
                risen, top = blocks[0, t], counter[width]
                for g in range(GROUPS):
                    fallen = below[g] & gate[g]
                    up[g] = risen[g] & ~fallen & ~top[g]
                    down[g] = fallen & ~risen[g]
                if delay:
                    gate[:] = below
                count_up_down(counter, width + 1, up, down)
            store_slices(shown, begin, count, word, out)
