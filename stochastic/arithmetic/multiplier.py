"""Stochastic multiplier."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

from fixedpoint.circuit import Port, check_choice

from ..circuit import BitwiseGate

__all__ = ["Multiplier"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Multiplier(BitwiseGate):
    """Multiplier of two independent streams: one gate.

    Parameters
    ----------
    encoding : {"unipolar", "bipolar", "sign-magnitude"}
        Unipolar streams are multiplied by AND, bipolar ones by XNOR, and sign-magnitude ones
        by AND of the bits and XOR of the signs.

    Notes
    -----
    Ports: ``a`` and ``b`` to ``product``, one bit each; with sign-magnitude also ``a_sign``
    and ``b_sign`` to ``product_sign``, 1 for negative.

    No state, latency 0. The mean of the product is the product of the means if the streams
    are independent. Two streams of one generator give the smaller value instead.

    Source: B. R. Gaines, "Stochastic Computing Systems", 1969.

    Examples
    --------
    >>> from stochastic import Multiplier
    >>> streams = {"a": [0, 0, 1, 1], "b": [0, 1, 0, 1]}
    >>> Multiplier(encoding="unipolar").run(streams)[0]["product"][:, 0].tolist()
    [0, 0, 0, 1]
    >>> Multiplier(encoding="bipolar").run(streams)[0]["product"][:, 0].tolist()
    [1, 0, 0, 1]
    """

    encoding: str = "unipolar"

    independent: ClassVar[tuple[str, ...]] = ("a", "b")

    def __post_init__(self) -> None:
        check_choice(
            "Multiplier encoding", self.encoding, ("unipolar", "bipolar", "sign-magnitude")
        )

    @property
    def ports(self) -> tuple[Port, ...]:
        signs = self.encoding == "sign-magnitude"
        inputs = (
            Port.input("a", meaning="stream of the first factor"),
            Port.input("b", meaning="stream of the second factor"),
        )
        product = Port.output("product", meaning="stream of the product")
        if not signs:
            return (*inputs, product)
        return (
            *inputs,
            Port.input("a_sign", meaning="sign of the first factor, 1 for -"),
            Port.input("b_sign", meaning="sign of the second factor, 1 for -"),
            product,
            Port.output("product_sign", meaning="sign of the product, 1 for -"),
        )

    def logic(self, one: Any, **bits: Any) -> dict[str, Any]:
        a, b = bits["a"], bits["b"]
        if self.encoding == "bipolar":
            return {"product": one ^ a ^ b}
        if self.encoding == "unipolar":
            return {"product": a & b}
        return {"product": a & b, "product_sign": bits["a_sign"] ^ bits["b_sign"]}
