"""Bit-inserting square root (BISQRT), as printed and with a history that makes it one."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from fixedpoint.circuit import Port, Register
from fixedpoint.kernels.compiled import compiled

from ..circuit import StreamCircuit
from ..circuit.bit_slices import GROUPS, load_slices, store_slices
from ..generators.generator import Generator, check_generator

__all__ = ["BitInsertingSquareRoot"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class BitInsertingSquareRoot(StreamCircuit):
    """Bit-inserting square root (BISQRT): ones are inserted where a JK flip-flop is 1.

    Parameters
    ----------
    generator : Generator, optional
        Of width w, 1..5, independent of the input: picks one of the last 2^w outputs for J.
        Without it J is the output itself, as published, and the result is no square root.

    Notes
    -----
    Ports: ``x`` to ``root``, one bit each, unipolar. With Q the flip-flop, the output is 1
    where Q is 1, else x. J is the output or a picked earlier one, K is 1: Q becomes
    ``J and not Q``. Latency 0. After reset Q is 0 and the history 0, 1, 0, 1 ..., the newest
    first.

    The published argument: a JK flip-flop has ``P(Q) = s / (1 + s)`` for J of mean s and
    K = 1, and the output has ``s = P(Q) + (1 - P(Q)) x``, so that ``s^2 = x``. The first law
    needs J to be independent of Q. In the closed loop it is not: J matters only where Q is 0,
    and there the output is x. So the flip-flop sees x and not s, ``P(Q) = x / (1 + x)``, and
    the mean of the output is exactly ``2 x / (1 + x)`` for independent bits. With a history
    J becomes independent of Q as w grows, and the mean tends to ``sqrt(x)``.

    docs/arithmetic.md shows the exact means of this and other timings of the loop.
    `GainesSquareRoot` is more accurate.

    Source: D. Wu and J. San Miguel, "In-Stream Stochastic Division and Square Root via
    Correlation", DAC 2019, equation (1), and the RTL that its authors published, which closes
    the loop in the same cycle. The law and the history are this library's.

    Examples
    --------
    >>> from stochastic import BitInsertingSquareRoot
    >>> BitInsertingSquareRoot().run({"x": [0, 1, 0, 0, 1, 1, 0]})[0]["root"][:, 0].tolist()
    [0, 1, 1, 0, 1, 1, 0]
    """

    generator: Generator | None = None

    def __post_init__(self) -> None:
        name = "BitInsertingSquareRoot generator"
        if self.generator is not None and check_generator(name, self.generator).width > 5:
            raise ValueError(f"{name} must have a width up to 5, not {self.generator.width}")

    @property
    def history(self) -> int:
        """Number of earlier outputs that are kept."""
        return 0 if self.generator is None else 1 << self.generator.width

    @property
    def encodings(self) -> dict[str, str | None]:
        return {"x": "unipolar", "root": "unipolar"}

    @property
    def ports(self) -> tuple[Port, ...]:
        return (
            Port.input("x", meaning="stream of the radicand"),
            Port.output("root", meaning="stream of the square root"),
        )

    @property
    def registers(self) -> tuple[Register, ...]:
        trace = Register(name="trace", width=1)
        if not self.history:
            return (trace,)
        alternating = sum(1 << i for i in range(1, self.history, 2))
        return trace, Register(name="history", width=self.history, reset=alternating)

    @property
    def generators(self) -> tuple[Generator, ...]:
        return () if self.generator is None else (self.generator,)

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        trace = registers["trace"]
        root = trace | inputs["x"]
        if not self.history:
            return {"trace": root & (1 - trace)}, {"root": root}
        history = registers["history"]
        set_it = history >> words[0] & 1
        moved = (history << 1 | root) & ((1 << self.history) - 1)
        return {"trace": set_it & (1 - trace), "history": moved}, {"root": root}

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        picks = words[0].astype(np.int64) if words else np.zeros(len(enable), np.int64)
        _run(
            enable,
            picks,
            inputs["x"],
            self.history,
            registers["trace"],
            registers.get("history", np.zeros_like(registers["trace"])),
            outputs["root"],
        )

    def _packed(self, words, inputs, length):
        x = inputs["x"]
        root = np.empty(x.shape, np.uint64)
        flat = x.reshape(-1, x.shape[-1])
        picks = words[0].astype(np.int64) if words else np.zeros(length, np.int64)
        _run_bit_sliced(flat, length, picks, self.history, root.reshape(flat.shape))
        return {"root": root}


@compiled
def _run(enable, picks, x, size, trace, history, root):
    cycles, lanes = x.shape
    mask = (np.int64(1) << np.int64(size)) - 1
    for t in range(cycles):
        for lane in range(lanes):
            bit = trace[lane] | x[t, lane]
            root[t, lane] = bit
            if enable[t]:
                set_it = (history[lane] >> picks[t]) & 1 if size else bit
                trace[lane] = set_it & (1 - trace[lane])
                history[lane] = ((history[lane] << 1) | bit) & mask


@compiled(long_vectors=True)
def _run_bit_sliced(x, length, picks, size, root):
    """Run on packed streams ``[lanes, words]``, 64 streams a word."""
    lanes, words = x.shape
    ones = np.uint64(0xFFFFFFFFFFFFFFFF)
    trace = np.zeros(GROUPS, np.uint64)
    history = np.zeros((max(size, 1), GROUPS), np.uint64)
    block, shown = np.zeros((64, GROUPS), np.uint64), np.zeros((64, GROUPS), np.uint64)
    for begin in range(0, lanes, 64 * GROUPS):
        count = min(lanes - begin, 64 * GROUPS)
        trace[:] = np.uint64(0)
        # A ring: the output of cycle t stands in row t modulo its size.
        for i in range(size):
            history[size - 1 - i] = ones if i & 1 else np.uint64(0)
        for word in range(words):
            load_slices(x, begin, count, word, block)
            for t in range(min(64, length - 64 * word)):
                cycle = 64 * word + t
                bits, shows = block[t], shown[t]
                for g in range(GROUPS):
                    shows[g] = trace[g] | bits[g]
                picked = history[(cycle - 1 - picks[cycle]) % size] if size else shows
                for g in range(GROUPS):
                    trace[g] = picked[g] & ~trace[g]
                if size:
                    history[cycle % size] = shows
            store_slices(shown, begin, count, word, root)
