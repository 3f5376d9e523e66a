"""Tracking forecast memory: a moving average that is drawn as a new stream."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from fixedpoint.circuit import Port, Register, check_integer

from ..circuit import StreamCircuit
from ..generators.generator import Generator, check_generator
from .buffer_kernels import track_bits, track_slices

__all__ = ["TrackingForecastMemory"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrackingForecastMemory(StreamCircuit):
    """Tracking forecast memory (TFM): tracks a stream's mean and draws a new stream from it.

    The output depends on the generator inside and on the mean of the input, no longer on its
    single bits: it is decorrelated from other streams and from its own past.

    Parameters
    ----------
    generator : Generator
        The generator inside, of width n, 1..24, independent of the one of the input.
    shift : int
        k, 1..n: in each cycle the mean moves by 2^-k of its distance to the input's bit.
    initial : int
        P after reset, 0..2^n.

    Notes
    -----
    Ports: ``x`` and ``y``, one bit each, of any encoding with one wire. With R the
    generator's word and P the tracked mean each cycle shows ``y = R < P``, then sets
    ``P = P - floor(P / 2^k) + x 2^(n-k)``. P stays within 0..2^n: there is no saturation.
    Latency 1. After reset P is `initial`.

    Over T cycles the mean of P is ``2^n p + m + 2^k (P_0 - P_T) / T``, with p the mean of the
    input over them and m that of ``P mod 2^k``. Hence the bias of y is between 0 and
    ``(2^k - 1) / 2^n``; where the input is always 0, P falls to at most ``2^k - 1``. For
    independent bits the variance of P / 2^n is near ``p (1 - p) b / (2 - b)`` with
    b = 2^-k.

    Source: S. S. Tehrani, A. Naderi, G.-A. Kamendje, S. Hemati, S. Mannor and W. J. Gross,
    "Majority-Based Tracking Forecast Memories for Stochastic LDPC Decoding", IEEE
    Transactions on Signal Processing 58(9), 2010, describes the memory. That the shifted
    value is rounded down is this library's choice; the law of the mean follows from it.

    Examples
    --------
    >>> from stochastic import Counter, TrackingForecastMemory
    >>> memory = TrackingForecastMemory(generator=Counter(width=3), shift=1)
    >>> outputs, state = memory.run({"x": [1, 1, 1, 1, 0, 0, 0]})
    >>> outputs["y"][:, 0].tolist(), state.registers["value"].tolist()
    ([0, 1, 1, 1, 1, 0, 0], [1])
    """

    generator: Generator
    shift: int
    initial: int = 0

    decorrelates: ClassVar[bool] = True

    def __post_init__(self) -> None:
        name = "TrackingForecastMemory"
        width = check_generator(f"{name} generator", self.generator).width
        check_integer(f"{name} width", width, 1, 24)
        self._set(
            shift=check_integer(f"{name} shift", self.shift, 1, width),
            initial=check_integer(f"{name} initial", self.initial, 0, 1 << width),
        )

    @property
    def ports(self) -> tuple[Port, ...]:
        return Port.input("x", meaning="stream"), Port.output(
            "y", meaning="new stream of the estimated value"
        )

    @property
    def registers(self) -> tuple[Register, ...]:
        width = self.generator.width
        return (Register(name="value", width=width + 1, reset=self.initial),)

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
        step = 1 << (self.generator.width - self.shift)
        moved = value - (value >> self.shift) + inputs["x"] * step
        return {"value": moved}, {"y": int(words[0] < value)}

    def cycle_code(self, code, words, registers, inputs):
        value = registers["value"]
        step = 1 << (self.generator.width - self.shift)
        moved = value - (value >> self.shift) + inputs["x"] * step
        return {"y": words[0].less(value)}, {"value": moved}

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        track_bits(
            enable,
            words[0],
            self.generator.width,
            self.shift,
            inputs["x"],
            registers["value"],
            outputs["y"],
        )

    def _packed(self, words, inputs, length):
        x = inputs["x"]
        streams = np.ascontiguousarray(x).reshape(-1, x.shape[-1])
        y = np.empty_like(streams)
        width = self.generator.width
        track_slices(words[0], width, self.shift, self.initial, streams, length, y)
        return {"y": y.reshape(x.shape)}
