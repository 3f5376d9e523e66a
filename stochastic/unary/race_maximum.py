"""Maximum of two times."""

from __future__ import annotations

import dataclasses
from typing import Any

from fixedpoint.circuit import Port

from ..circuit import BitwiseGate

__all__ = ["RaceMaximum"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class RaceMaximum(BitwiseGate):
    """Maximum in race logic: AND passes the edge that arrives last.

    Notes
    -----
    Ports: ``a`` and ``b`` to ``maximum``, one bit each, edges as `RaceEncoder` makes them:
    0 before the time and 1 from it on. No state, latency 0. Exact.

    Source: A. Madhavan, T. Sherwood and D. Strukov, "Race Logic: A Hardware Acceleration for
    Dynamic Programming Algorithms", ISCA 2014.

    Examples
    --------
    >>> from stochastic import RaceMaximum
    >>> edges = {"a": [0, 0, 1, 1], "b": [0, 0, 0, 1]}
    >>> RaceMaximum().run(edges)[0]["maximum"][:, 0].tolist()
    [0, 0, 0, 1]
    """

    @property
    def ports(self) -> tuple[Port, ...]:
        return (
            Port.input("a", meaning="first stream of race logic"),
            Port.input("b", meaning="second stream of race logic"),
            Port.output("maximum", meaning="1 from the later of their arrivals"),
        )

    def logic(self, one: Any, **bits: Any) -> dict[str, Any]:
        return {"maximum": bits["a"] & bits["b"]}
