"""Maximum of integral streams, cycle by cycle."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from fixedpoint.circuit import Circuit, Port, Register, check_choice, check_integer
from fixedpoint.kernels.compiled import compiled

from .integral_port import ENCODINGS, check_range, integral_port

__all__ = ["IntegralMaximum"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class IntegralMaximum(Circuit):
    """Maximum of K integral streams: the stream with the largest sum so far passes.

    Parameters
    ----------
    fan_in : int
        Number of streams, K, 2..256.
    range : int
        Range m of each stream.
    encoding : {"unipolar", "bipolar"}
    counter_bits : int
        Bits of each saturating sum, 2..32, two's complement.

    Notes
    -----
    Ports: ``values``, K elements, and ``maximum``. Register ``sums``, K elements. In each
    cycle the output is the integer of the stream whose sum is largest, the first of them if
    several are equal. Each sum then takes its integer less the output's integer, and
    saturates at both ends.

    Latency 0. All sums are 0 after reset. For a max-pooling layer the mean of the output
    tends to the largest of the means, because the sums drift apart by their difference.

    Source: the structure follows the max pooling of A. Ren et al., "SC-DCNN: Highly-Scalable
    Deep Convolutional Neural Network using Stochastic Computing", ASPLOS 2017, which selects
    the stream with the largest count; the relative sums are a choice of this library.

    Examples
    --------
    >>> from stochastic import IntegralMaximum
    >>> unit = IntegralMaximum(fan_in=2, range=2)
    >>> integers = [[0, 2], [0, 2], [1, 2]]
    >>> unit.run({"values": integers})[0]["maximum"][:, 0].tolist()
    [0, 2, 2]
    """

    fan_in: int
    range: int = 1
    encoding: str = "unipolar"
    counter_bits: int = 8

    def __post_init__(self) -> None:
        self._set(
            fan_in=check_integer("IntegralMaximum fan_in", self.fan_in, 2, 256),
            range=check_range("IntegralMaximum range", self.range),
            counter_bits=check_integer(
                "IntegralMaximum counter_bits", self.counter_bits, 2, 32
            ),
        )
        check_choice("IntegralMaximum encoding", self.encoding, ENCODINGS)

    @property
    def ports(self) -> tuple[Port, ...]:
        return (
            integral_port(
                "values", "in", self.range, self.encoding, self.fan_in, "integral streams"
            ),
            integral_port(
                "maximum", "out", self.range, self.encoding, meaning="largest integer"
            ),
        )

    @property
    def registers(self) -> tuple[Register, ...]:
        return (Register(name="sums", width=self.counter_bits, signed=True, count=self.fan_in),)

    @property
    def limit(self) -> int:
        """The largest sum; the smallest is ``-limit - 1``."""
        return (1 << (self.counter_bits - 1)) - 1

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        sums, integers = registers["sums"], inputs["values"]
        shown = integers[sums.index(max(sums))]
        moved = [s + i - shown for s, i in zip(sums, integers, strict=True)]
        low, high = -self.limit - 1, self.limit
        return {"sums": [max(low, min(s, high)) for s in moved]}, {"maximum": shown}

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        _select(
            enable,
            inputs["values"],
            self.fan_in,
            self.limit,
            registers["sums"],
            outputs["maximum"],
        )


@compiled
def _select(enable, integers, fan_in, limit, sums, maximum):
    cycles, lanes = maximum.shape
    for t in range(cycles):
        for lane in range(lanes):
            first = lane * fan_in
            best = first
            for i in range(first + 1, first + fan_in):
                if sums[i] > sums[best]:
                    best = i
            shown = integers[t, best]
            maximum[t, lane] = shown
            if enable[t]:
                for i in range(first, first + fan_in):
                    moved = sums[i] + integers[t, i] - shown
                    sums[i] = max(-limit - 1, min(moved, np.int64(limit)))
