"""Encoder of race logic: a number as the time of an edge."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from fixedpoint.circuit import Circuit, Port, Register, check_integer

__all__ = ["RaceEncoder"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class RaceEncoder(Circuit):
    """Encoder of race logic: a number becomes the time of a rising edge.

    Parameters
    ----------
    width : int
        n, 1..32: times are 0..2^n cycles after reset.

    Notes
    -----
    Ports: ``code``, 0..2^n inclusive, hence n + 1 bits, and ``stream``, one bit: 0 before cycle
    `code` after reset, and 1 from it on. The counter inside stops at 2^n. Latency 0. Only
    ``rst`` makes ready for another edge. Encoders that start together need only one counter.

    Source: A. Madhavan, T. Sherwood and D. Strukov, "Race Logic: A Hardware Acceleration for
    Dynamic Programming Algorithms", ISCA 2014.

    Examples
    --------
    >>> from stochastic import RaceEncoder
    >>> RaceEncoder(width=2).run({"code": [3] * 6})[0]["stream"][:, 0].tolist()
    [0, 0, 0, 1, 1, 1]
    """

    width: int

    def __post_init__(self) -> None:
        self._set(width=check_integer("RaceEncoder width", self.width, 1, 32))

    @property
    def ports(self) -> tuple[Port, ...]:
        meaning = "delay of the 1 in cycles"
        code = Port.input("code", self.width + 1, maximum=1 << self.width, meaning=meaning)
        return code, Port.output("stream", meaning="stream of the code")

    @property
    def registers(self) -> tuple[Register, ...]:
        return (Register.counting("count", 1 << self.width),)

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        time = registers["count"]
        return {"count": min(time + 1, 1 << self.width)}, {
            "stream": int(time >= inputs["code"])
        }

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        time, last = registers["count"], 1 << self.width
        passed = np.cumsum(enable) - enable
        outputs["stream"][:] = np.minimum(time + passed[:, None], last) >= inputs["code"]
        time[:] = np.minimum(time + np.count_nonzero(enable), last)
