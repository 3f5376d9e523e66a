"""Stochastic multiplier: one gate."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from fixedpoint.circuit import Circuit, Port, check_choice

__all__ = ["Multiplier"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Multiplier(Circuit):
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

    No state, latency 0. The mean of the product is the product of the means only if the two
    streams are independent: streams from one generator give the smaller of the two instead.

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

    def __post_init__(self) -> None:
        check_choice(
            "Multiplier encoding", self.encoding, ("unipolar", "bipolar", "sign-magnitude")
        )

    @property
    def ports(self) -> tuple[Port, ...]:
        signs = self.encoding == "sign-magnitude"
        inputs = ("a", "b", "a_sign", "b_sign") if signs else ("a", "b")
        outputs = ("product", "product_sign") if signs else ("product",)
        return (
            *(Port.input(name) for name in inputs),
            *(Port.output(name) for name in outputs),
        )

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        a, b = inputs["a"], inputs["b"]
        if self.encoding == "bipolar":
            return registers, {"product": int(a == b)}
        outputs = {"product": int(a and b)}
        if self.encoding == "sign-magnitude":
            outputs["product_sign"] = int(inputs["a_sign"] != inputs["b_sign"])
        return registers, outputs

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        a, b = inputs["a"], inputs["b"]
        outputs["product"][:] = 1 - (a ^ b) if self.encoding == "bipolar" else a & b
        if self.encoding == "sign-magnitude":
            outputs["product_sign"][:] = inputs["a_sign"] ^ inputs["b_sign"]
