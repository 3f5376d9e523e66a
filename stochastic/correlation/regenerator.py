"""Regenerator: counts a window of a stream and makes a new stream of the count."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from fixedpoint.circuit import Port, Register, check_integer
from fixedpoint.kernels.compiled import compiled, deferred

from ..circuit import StreamCircuit
from ..generators.generator import Generator, check_generator

__all__ = ["Regenerator"]

(ones,) = deferred("stochastic.streams.vector_instructions", "ones")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Regenerator(StreamCircuit):
    """Regenerator: a counter and a stochastic number generator that makes the stream anew.

    The output has the value of the input's last window, and the correlation of the generator
    inside. It decorrelates any streams, at the price of a window's delay.

    Parameters
    ----------
    generator : Generator
        The generator inside, of width n, 1..16: a window has 2^n cycles.
    initial : int
        The code of the first window, 0..2^n.

    Notes
    -----
    Ports: ``x`` and ``y``, one bit each, of any encoding with one wire. With R the
    generator's word and X the ones of x in the window before, ``y = R < X``. Latency 1 from
    the last cycle of a window, and 2^n cycles for a value. Windows follow each other without
    a gap; only ``rst`` restarts one.

    If the generator gives each word once in 2^n cycles, a window of y has exactly as many
    ones as the window of x before. With an LFSR, whose period is 2^n - 1, one may be
    missing.

    Source: the regeneration of streams is standard; V. T. Lee, A. Alaghi and L. Ceze,
    "Correlation Manipulating Circuits for Stochastic Computing", DATE 2018, compare with it.

    Examples
    --------
    >>> from stochastic import Counter, Regenerator
    >>> circuit = Regenerator(generator=Counter(width=2))
    >>> outputs, _ = circuit.run({"x": [0, 1, 1, 1, 0, 0, 0, 1, 0, 0, 0, 0]})
    >>> outputs["y"][:, 0].tolist()
    [0, 0, 0, 0, 1, 1, 1, 0, 1, 0, 0, 0]
    """

    generator: Generator
    initial: int = 0

    decorrelates: ClassVar[bool] = True

    def __post_init__(self) -> None:
        width = check_generator("Regenerator generator", self.generator).width
        check_integer("Regenerator width", width, 1, 16)
        self._set(
            initial=check_integer("Regenerator initial", self.initial, 0, 1 << width),
        )

    @property
    def ports(self) -> tuple[Port, ...]:
        return Port.input("x", meaning="stream"), Port.output(
            "y", meaning="new stream of the same value"
        )

    @property
    def registers(self) -> tuple[Register, ...]:
        width = self.generator.width
        return (
            Register(name="cycle", width=width),
            Register(name="count", width=width),
            Register.counting("code", 1 << width, reset=self.initial),
        )

    @property
    def generators(self) -> tuple[Generator, ...]:
        return (self.generator,)

    @property
    def latency(self) -> int:
        return 1

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        shown = {"y": int(words[0] < registers["code"])}
        count = registers["count"] + inputs["x"]
        cycle = registers["cycle"] + 1
        if cycle == 1 << self.generator.width:
            return {"cycle": 0, "count": 0, "code": count}, shown
        return {"cycle": cycle, "count": count, "code": registers["code"]}, shown

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        _regenerate(
            enable,
            words[0],
            1 << self.generator.width,
            inputs["x"],
            *(registers[name] for name in ("cycle", "count", "code")),
            outputs["y"],
        )

    def _packed(self, words, inputs, length):
        x = inputs["x"]
        streams = np.ascontiguousarray(x).reshape(-1, x.shape[-1])
        y = np.zeros_like(streams)
        window = 1 << self.generator.width
        if window < 64:
            # Windows of less than a word: their bits are taken one by one.
            _regenerate_bits(words[0], window, self.initial, streams, length, y)
        else:
            padded = np.resize(words[0], 64 * x.shape[-1])
            _regenerate_words(padded, window, self.initial, streams, y)
        return {"y": y.reshape(x.shape)}


@compiled
def _regenerate(enable, words, window, x, cycle, count, code, y):
    cycles, lanes = x.shape
    for t in range(cycles):
        word = np.int64(words[t])
        for lane in range(lanes):
            y[t, lane] = word < code[lane]
            if enable[t]:
                count[lane] += x[t, lane]
                cycle[lane] += 1
                if cycle[lane] == window:
                    code[lane] = count[lane]
                    count[lane] = 0
                    cycle[lane] = 0


@compiled
def _regenerate_bits(words, window, initial, streams, length, y):
    for lane in range(len(streams)):
        code, count = initial, 0
        for t in range(length):
            bit = np.uint64(np.int64(words[t]) < code) << np.uint64(t & 63)
            y[lane, t >> 6] |= bit
            count += np.int64((streams[lane, t >> 6] >> np.uint64(t & 63)) & np.uint64(1))
            if (t + 1) & (window - 1) == 0:
                code, count = count, 0


@compiled
def _regenerate_words(words, window, initial, streams, y):
    """Run windows of whole words; `words` is padded to a multiple of 64."""
    lanes, columns = streams.shape
    every = window >> 6
    for lane in range(lanes):
        code, count = np.uint32(initial), np.uint64(0)
        for column in range(columns):
            bits = np.uint64(0)
            for i in range(64):
                bits |= np.uint64(words[64 * column + i] < code) << np.uint64(i)
            y[lane, column] = bits
            count += ones(streams[lane, column])
            if (column + 1) % every == 0:
                code, count = np.uint32(count), np.uint64(0)
