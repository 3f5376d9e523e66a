"""Adder of integral streams."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from fixedpoint.circuit import Circuit, Port, check_choice, check_integer

from .integral_port import ENCODINGS, LARGEST_RANGE, check_range, integral_port

__all__ = ["IntegralAdder"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class IntegralAdder(Circuit):
    """Adder of K integral streams: the range grows, and nothing is scaled.

    Parameters
    ----------
    fan_in : int
        Number of streams, K, at least 1.
    range : int
        Range m of each stream. K m is at most 65536.
    encoding : {"unipolar", "bipolar"}

    Notes
    -----
    Ports: ``values``, K elements, and ``sum``, of range K m. No state, latency 0. The mean
    of the sum is the sum of the means, whatever the correlation of the streams.

    Source: A. Ardakani et al., "VLSI Implementation of Deep Neural Network Using Integral
    Stochastic Computing", IEEE Transactions on VLSI Systems 25(10), 2017.

    Examples
    --------
    >>> from stochastic import IntegralAdder
    >>> adder = IntegralAdder(fan_in=3, range=2, encoding="bipolar")
    >>> adder.run({"values": [[2, -1, 2], [-2, -2, -2]]})[0]["sum"][:, 0].tolist()
    [3, -6]
    """

    fan_in: int
    range: int = 1
    encoding: str = "unipolar"

    def __post_init__(self) -> None:
        range_ = check_range("IntegralAdder range", self.range)
        name = f"IntegralAdder fan_in of range {range_}"
        self._set(
            range=range_,
            fan_in=check_integer(name, self.fan_in, 1, LARGEST_RANGE // range_),
        )
        check_choice("IntegralAdder encoding", self.encoding, ENCODINGS)

    @property
    def ports(self) -> tuple[Port, ...]:
        k, m = self.fan_in, self.range
        return (
            integral_port("values", "in", m, self.encoding, k, "integral streams to add"),
            integral_port(
                "sum", "out", k * m, self.encoding, meaning="integral stream of the sum"
            ),
        )

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        integers = inputs["values"]
        return registers, {"sum": sum(integers) if self.fan_in > 1 else integers}

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        cycles, lanes = outputs["sum"].shape
        parts = inputs["values"].reshape(cycles, lanes, self.fan_in)
        outputs["sum"][:] = parts.sum(axis=2)
