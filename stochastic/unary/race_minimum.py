"""Minimum of two times."""

from __future__ import annotations

import dataclasses
from typing import Any

from fixedpoint.circuit import Port

from ..circuit import BitwiseGate

__all__ = ["RaceMinimum"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class RaceMinimum(BitwiseGate):
    """Minimum in race logic: OR passes the edge that arrives first.

    Notes
    -----
    Ports: ``a`` and ``b`` to ``minimum``, one bit each, edges as `RaceEncoder` makes them:
    0 before the time and 1 from it on. No state, latency 0. Exact.

    Source: A. Madhavan, T. Sherwood and D. Strukov, "Race Logic: A Hardware Acceleration for
    Dynamic Programming Algorithms", ISCA 2014.

    Examples
    --------
    >>> from stochastic import RaceMinimum
    >>> edges = {"a": [0, 0, 1, 1], "b": [0, 0, 0, 1]}
    >>> RaceMinimum().run(edges)[0]["minimum"][:, 0].tolist()
    [0, 0, 1, 1]
    """

    @property
    def ports(self) -> tuple[Port, ...]:
        return (
            Port.input("a", meaning="first stream of race logic"),
            Port.input("b", meaning="second stream of race logic"),
            Port.output("minimum", meaning="1 from the earlier of their arrivals"),
        )

    def logic(self, one: Any, **bits: Any) -> dict[str, Any]:
        return {"minimum": bits["a"] | bits["b"]}
