"""Inverter of a stream."""

from __future__ import annotations

import dataclasses
from typing import Any

from fixedpoint.circuit import Port

from ..circuit import BitwiseGate

__all__ = ["Inverter"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Inverter(BitwiseGate):
    """Inverter: NOT of a stream, which negates a bipolar value.

    Notes
    -----
    Ports: ``x`` and ``y``, one bit each, of any encoding with one wire. No state, latency 0.
    A bipolar value x becomes ``-x`` and a unipolar one ``1 - x``, exactly in every cycle.

    Source: B. R. Gaines, "Stochastic Computing Systems", 1969.

    Examples
    --------
    >>> from stochastic import Inverter
    >>> Inverter().run({"x": [0, 1, 1]})[0]["y"][:, 0].tolist()
    [1, 0, 0]
    """

    @property
    def ports(self) -> tuple[Port, ...]:
        return (
            Port.input("x", meaning="a stream"),
            Port.output("y", meaning="the stream inverted"),
        )

    def logic(self, one: Any, **bits: Any) -> dict[str, Any]:
        return {"y": one ^ bits["x"]}
