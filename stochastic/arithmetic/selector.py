"""Scaled adder whose generator stands outside, where several circuits may share it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from fixedpoint.circuit import Circuit, Port, check_integer

from ..converters.word_order import check_order, ordered

__all__ = ["Selector"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Selector(Circuit):
    """Scaled adder by a multiplexer, with the word of a generator that stands outside.

    Parameters
    ----------
    width : int
        Bits of the word, n, 1..32.
    fan_in : int
        Number of streams, K, 2..2^n and at most 65536.
    order : tuple of int, optional
        A permutation of 0..n - 1: bit i of the number R that selects is bit ``order[i]`` of
        the word. By default the bits keep their places.

    Notes
    -----
    Ports: ``word``, n bits; ``streams``, K elements of one bit; ``mean``, one bit: the stream
    number ``floor(R K / 2^n)``. No state, latency 0. With a generator in front it is
    `MuxAdder`, which states the law.

    Source: B. R. Gaines, "Stochastic Computing Systems", 1969.

    Examples
    --------
    >>> from stochastic import Selector
    >>> inputs = {"word": [0, 1, 2, 3], "streams": [[1, 0]] * 4}
    >>> Selector(width=2, fan_in=2).run(inputs)[0]["mean"][:, 0].tolist()
    [1, 1, 0, 0]
    """

    width: int
    fan_in: int
    order: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        width = check_integer("Selector width", self.width, 1, 32)
        name = f"Selector fan_in with a word of {width} bits"
        self._set(
            width=width,
            fan_in=check_integer(name, self.fan_in, 2, min(1 << width, 1 << 16)),
            order=check_order("Selector", self.order, width),
        )

    @property
    def encodings(self) -> dict[str, str | None]:
        """None for each stream: they share one encoding, whichever it is."""
        return {"streams": None, "mean": None}

    @property
    def ports(self) -> tuple[Port, ...]:
        return (
            Port.input("word", self.width, meaning="the generator's word"),
            Port.input("streams", count=self.fan_in, meaning="the streams"),
            Port.output("mean", meaning="the stream of their mean"),
        )

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        picked = ordered(inputs["word"], self.order) * self.fan_in >> self.width
        return registers, {"mean": inputs["streams"][picked]}

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        picked = ordered(inputs["word"], self.order) * self.fan_in >> self.width
        streams = inputs["streams"]
        first = np.arange(0, streams.shape[1], self.fan_in)
        outputs["mean"][:] = np.take_along_axis(streams, first + picked, axis=1)
