"""Saturating adder of small values: OR of K streams."""

from __future__ import annotations

import dataclasses
import functools
import operator
from typing import Any, ClassVar

from fixedpoint.circuit import Port, check_integer

from ..circuit import BitwiseGate

__all__ = ["OrAdder"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class OrAdder(BitwiseGate):
    """OR adder: the sum of K small values without scaling.

    Parameters
    ----------
    fan_in : int
        Number of streams, K, 2..65536.

    Notes
    -----
    Ports: ``streams``, K elements of one bit, and ``sum``, one bit, all unipolar. No state,
    latency 0.

    For independent streams of values p1..pK the value of the sum is exactly
    ``1 - (1 - p1)(1 - p2)...(1 - pK)``. It is less than ``p1 + ... + pK`` by at most half the
    square of that sum. For streams that exclude each other it is the sum itself.

    Source: B. R. Gaines, "Stochastic Computing Systems", 1969.

    Examples
    --------
    >>> from stochastic import OrAdder
    >>> adder = OrAdder(fan_in=2)
    >>> adder.run({"streams": [[0, 0], [0, 1], [1, 0], [1, 1]]})[0]["sum"][:, 0].tolist()
    [0, 1, 1, 1]
    """

    fan_in: int

    independent: ClassVar[tuple[str, ...]] = ("streams",)

    def __post_init__(self) -> None:
        self._set(fan_in=check_integer("OrAdder fan_in", self.fan_in, 2, 1 << 16))

    @property
    def encodings(self) -> dict[str, str | None]:
        return {"streams": "unipolar", "sum": "unipolar"}

    @property
    def ports(self) -> tuple[Port, ...]:
        return (
            Port.input("streams", count=self.fan_in, meaning="streams to add"),
            Port.output("sum", meaning="their OR"),
        )

    def logic(self, one: Any, **bits: Any) -> dict[str, Any]:
        return {"sum": functools.reduce(operator.or_, bits["streams"])}
