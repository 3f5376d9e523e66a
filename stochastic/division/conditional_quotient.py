"""Base of the dividers that read the dividend where the divisor is 1."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from fixedpoint.circuit import Port, Register
from fixedpoint.kernels.compiled import compiled

from ..circuit import StreamCircuit
from ..circuit.bit_slices import GROUPS, load_slices, store_slices
from ..circuit.state_machine_kernels import count_up_down
from ..generators.generator import Generator, check_generator

__all__ = ["ConditionalQuotient"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class ConditionalQuotient(StreamCircuit):
    """Base of CORDIV and of the in-stream divider built on it.

    In each enabled cycle with the dividend x and the divisor y::

        x'       = x, or 1 if a held one of x is released
        quotient = x' if y else an earlier x' of a cycle with y = 1

    Parameters
    ----------
    generator : Generator, optional
        Of width w, 1..5: picks one of the last 2^w such x'. Without it there is only one.
    """

    generator: Generator | None = None

    # Ones of the dividend that can be held back.
    depth: ClassVar[int] = 0

    nonzero: ClassVar[tuple[str, ...]] = ("divisor",)

    def __post_init__(self) -> None:
        name = f"{type(self).__name__} generator"
        if self.generator is not None and check_generator(name, self.generator).width > 5:
            raise ValueError(f"{name} must have a width up to 5, not {self.generator.width}")

    @property
    def history(self) -> int:
        """Number of earlier quotients that are kept."""
        return 1 if self.generator is None else 1 << self.generator.width

    @property
    def _initial_history(self) -> int:
        """0, 1, 0, 1 ..., the newest first."""
        return sum(1 << i for i in range(1, self.history, 2))

    @property
    def encodings(self) -> dict[str, str | None]:
        return dict.fromkeys(("dividend", "divisor", "quotient"), "unipolar")

    @property
    def ports(self) -> tuple[Port, ...]:
        return (
            Port.input("dividend", meaning="stream of the dividend"),
            Port.input("divisor", meaning="stream of the divisor"),
            Port.output("quotient", meaning="stream of the quotient"),
        )

    @property
    def registers(self) -> tuple[Register, ...]:
        history = Register(name="history", width=self.history, reset=self._initial_history)
        if not self.depth:
            return (history,)
        return history, Register.counting("held", self.depth)

    @property
    def generators(self) -> tuple[Generator, ...]:
        return () if self.generator is None else (self.generator,)

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        x, y = inputs["dividend"], inputs["divisor"]
        history, held = registers["history"], registers.get("held", 0)
        if x and not y:
            held = min(held + 1, self.depth)
        elif y and not x and held:
            x, held = 1, held - 1
        quotient = x if y else history >> (words[0] if words else 0) & 1
        if y:
            history = (history << 1 | x) & ((1 << self.history) - 1)
        after = {"history": history, "held": held}
        return {name: after[name] for name in registers}, {"quotient": quotient}

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        picks = words[0].astype(np.int64) if words else np.zeros(len(enable), np.int64)
        _run(
            enable,
            picks,
            inputs["dividend"],
            inputs["divisor"],
            self.depth,
            np.int64((1 << self.history) - 1),
            registers["history"],
            registers.get("held", np.zeros_like(registers["history"])),
            outputs["quotient"],
        )

    def _packed(self, words, inputs, length):
        wires = np.broadcast_arrays(inputs["dividend"], inputs["divisor"])
        shape = wires[0].shape
        streams = np.stack([wire.reshape(-1, shape[-1]) for wire in wires])
        quotient = np.empty(shape, np.uint64)
        _run_bit_sliced(
            *streams,
            length,
            words[0].astype(np.int64) if words else np.zeros(length, np.int64),
            self.depth,
            self.depth.bit_length(),
            self.history,
            quotient.reshape(-1, shape[-1]),
        )
        return {"quotient": quotient}


@compiled
def _run(enable, picks, dividend, divisor, depth, mask, history, held, quotient):
    cycles, lanes = dividend.shape
    for t in range(cycles):
        for lane in range(lanes):
            x, y, now = dividend[t, lane], divisor[t, lane], held[lane]
            if x and not y:
                now = min(now + 1, np.int64(depth))
            elif y and not x and now:
                x, now = np.int64(1), now - 1
            quotient[t, lane] = x if y else (history[lane] >> picks[t]) & 1
            if enable[t]:
                held[lane] = now
                if y:
                    history[lane] = ((history[lane] << 1) | x) & mask


@compiled(long_vectors=True)
def _run_bit_sliced(dividend, divisor, length, picks, depth, planes, size, quotient):
    """Run on packed streams ``[lanes, words]``, 64 streams a word."""
    lanes, words = dividend.shape
    ones = np.uint64(0xFFFFFFFFFFFFFFFF)
    held = np.zeros((max(planes, 1), GROUPS), np.uint64)
    history = np.zeros((size, GROUPS), np.uint64)
    up, down = np.zeros(GROUPS, np.uint64), np.zeros(GROUPS, np.uint64)
    kept = np.zeros(GROUPS, np.uint64)
    x_block, y_block = np.zeros((64, GROUPS), np.uint64), np.zeros((64, GROUPS), np.uint64)
    shown = np.zeros((64, GROUPS), np.uint64)
    for begin in range(0, lanes, 64 * GROUPS):
        count = min(lanes - begin, 64 * GROUPS)
        held[:] = np.uint64(0)
        for i in range(size):
            history[i] = ones if i & 1 else np.uint64(0)
        for word in range(words):
            load_slices(dividend, begin, count, word, x_block)
            load_slices(divisor, begin, count, word, y_block)
            for t in range(min(64, length - 64 * word)):
                x, y, shows = x_block[t], y_block[t], shown[t]
                for g in range(GROUPS):
                    kept[g] = x[g]
                if depth:
                    # `up` where the held ones are full, `down` where there are any.
                    up[:] = ones
                    down[:] = np.uint64(0)
                    for plane in range(planes):
                        bits = held[plane]
                        invert = np.uint64(0) if depth >> plane & 1 else ones
                        for g in range(GROUPS):
                            up[g] &= bits[g] ^ invert
                            down[g] |= bits[g]
                    for g in range(GROUPS):
                        up[g] = x[g] & ~y[g] & ~up[g]
                        down[g] &= y[g] & ~x[g]
                        kept[g] |= down[g]
                    count_up_down(held, planes, up, down)
                picked = history[picks[64 * word + t]]
                for g in range(GROUPS):
                    shows[g] = (kept[g] & y[g]) | (picked[g] & ~y[g])
                for i in range(size - 1, 0, -1):
                    newer, older = history[i - 1], history[i]
                    for g in range(GROUPS):
                        older[g] ^= (older[g] ^ newer[g]) & y[g]
                newest = history[0]
                for g in range(GROUPS):
                    newest[g] ^= (newest[g] ^ kept[g]) & y[g]
            store_slices(shown, begin, count, word, quotient)
