"""Scaled adder: a multiplexer with a random select input."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from fixedpoint.circuit import Port, check_integer

from ..circuit import StreamCircuit
from ..generators.generator import Generator, check_generator
from ..streams.packing import pack

__all__ = ["MuxAdder"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class MuxAdder(StreamCircuit):
    """Scaled adder: a multiplexer that selects one of K streams at random in each cycle.

    Parameters
    ----------
    fan_in : int
        Number of streams, K, 2..2^n and at most 65536.
    generator : Generator
        Generator of the select input, of width n, independent of the streams.

    Notes
    -----
    Ports: ``streams``, K elements of one bit, and ``mean``, one bit: the stream of the mean
    of the K inputs, for unipolar and bipolar streams alike.

    The word R of the generator selects input ``floor(R K / 2^n)``, the upper bits of R where
    K is a power of two. For other K, with ``r = 2^n mod K``, r of the inputs are selected by
    one more word than the others, and the error of the mean is at most
    ``r (K - r) / (K 2^n)`` for unipolar streams, and twice that for bipolar ones.

    Latency 0. Over N cycles of streams with mean p the variance of the result's mean is at
    most ``p (1 - p) / N``.

    Source: B. R. Gaines, "Stochastic Computing Systems", 1969; the bound for K not a power
    of two follows from counting the words that pick each input.

    Examples
    --------
    >>> from stochastic import Counter, MuxAdder
    >>> adder = MuxAdder(fan_in=4, generator=Counter(width=2))
    >>> adder.run({"streams": [[1, 0, 0, 1]] * 4})[0]["mean"][:, 0].tolist()
    [1, 0, 0, 1]
    """

    fan_in: int
    generator: Generator

    def __post_init__(self) -> None:
        n = check_generator("MuxAdder generator", self.generator).width
        name = f"MuxAdder fan_in with a {n}-bit generator"
        self._set(fan_in=check_integer(name, self.fan_in, 2, min(1 << n, 1 << 16)))

    @property
    def ports(self) -> tuple[Port, ...]:
        return (
            Port.input("streams", count=self.fan_in, meaning="streams to add"),
            Port.output("mean", meaning="stream of their mean"),
        )

    @property
    def generators(self) -> tuple[Generator, ...]:
        return (self.generator,)

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        picked = words[0] * self.fan_in >> self.generator.width
        return registers, {"mean": inputs["streams"][picked]}

    def _picked(self, words):
        """Return the number of the stream that each word picks."""
        # 64 bits hold the product: 32 of the word and 17 of the fan-in.
        return words.astype(np.int64) * self.fan_in >> self.generator.width

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        picked = self._picked(words[0])
        streams = inputs["streams"]
        first = np.arange(0, streams.shape[1], self.fan_in)
        outputs["mean"][:] = np.take_along_axis(streams, first + picked[:, None], axis=1)

    def _packed(self, words, inputs, length):
        picked = self._picked(words[0])
        parts = (wire & pack(picked == i) for i, wire in enumerate(inputs["streams"]))
        return {"mean": functools.reduce(np.bitwise_or, parts)}
