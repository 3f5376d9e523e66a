"""Decoder of race logic: the time of an edge as a number."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from fixedpoint.circuit import Port, Register, check_integer
from fixedpoint.kernels.compiled import compiled

from ..circuit import StreamCircuit

__all__ = ["RaceDecoder"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class RaceDecoder(StreamCircuit):
    """Decoder of race logic: counts the cycles until the first 1.

    Parameters
    ----------
    width : int
        n, 1..32: times are 0..2^n cycles after reset.

    Notes
    -----
    Ports: ``stream`` in, one bit; ``arrived``, 1 after the first cycle in which `stream` was 1;
    ``count``, n + 1 bits: the cycles before it, held from then on, and at 2^n at the latest.
    Latency 1. Only ``rst`` makes ready for another edge.

    Source: A. Madhavan, T. Sherwood and D. Strukov, "Race Logic: A Hardware Acceleration for
    Dynamic Programming Algorithms", ISCA 2014.

    Examples
    --------
    >>> from stochastic import RaceDecoder
    >>> outputs, _ = RaceDecoder(width=2).run({"stream": [0, 0, 0, 1, 0, 1]})
    >>> outputs["count"][:, 0].tolist(), outputs["arrived"][:, 0].tolist()
    ([0, 1, 2, 3, 3, 3], [0, 0, 0, 0, 1, 1])
    """

    width: int

    def __post_init__(self) -> None:
        self._set(width=check_integer("RaceDecoder width", self.width, 1, 32))

    @property
    def ports(self) -> tuple[Port, ...]:
        return (
            Port.input("stream", meaning="stream of race logic"),
            Port.output("arrived", meaning="1 from the cycle of the first 1"),
            Port.output("count", self.width + 1, meaning="cycles before the first 1"),
        )

    @property
    def registers(self) -> tuple[Register, ...]:
        return (
            Register(name="arrived", width=1),
            Register.counting("count", 1 << self.width),
        )

    @property
    def latency(self) -> int:
        return 1

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        shown = dict(registers)
        arrived, time = registers["arrived"] | inputs["stream"], registers["count"]
        if not arrived:
            time = min(time + 1, 1 << self.width)
        return {"arrived": arrived, "count": time}, shown

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        _count(
            enable,
            1 << self.width,
            inputs["stream"],
            registers["arrived"],
            registers["count"],
            outputs["arrived"],
            outputs["count"],
        )


@compiled
def _count(enable, last, edge, arrived, time, arrived_shown, time_shown):
    cycles, lanes = edge.shape
    for t in range(cycles):
        for lane in range(lanes):
            arrived_shown[t, lane] = arrived[lane]
            time_shown[t, lane] = time[lane]
            if enable[t]:
                arrived[lane] |= edge[t, lane]
                if arrived[lane] == 0 and time[lane] < last:
                    time[lane] += 1
