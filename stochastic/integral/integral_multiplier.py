"""Multiplier of integral streams."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from fixedpoint.circuit import Circuit, Port, check_choice, check_integer

from .integral_port import ENCODINGS, LARGEST_RANGE, check_range, integral_port

__all__ = ["IntegralMultiplier"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class IntegralMultiplier(Circuit):
    """Multiplier of two independent integral streams: an integer multiplier.

    Parameters
    ----------
    range_a, range_b : int
        Ranges of the operands. Their product is at most 65536.
    encoding_a, encoding_b : {"unipolar", "bipolar"}
        Encodings of the operands. The product is unipolar if both are.

    Notes
    -----
    Ports: ``a`` and ``b`` to ``product``, of range ``range_a * range_b``. No state, latency 0.

    With range 1 an operand is a binary stream. A unipolar bit then gates the other operand
    (AND of each bit), and a bipolar one negates it where the bit is -1. The mean of the
    product is the product of the means if the streams are independent.

    Source: A. Ardakani et al., "VLSI Implementation of Deep Neural Network Using Integral
    Stochastic Computing", IEEE Transactions on VLSI Systems 25(10), 2017.

    Examples
    --------
    >>> from stochastic import IntegralMultiplier
    >>> gate = IntegralMultiplier(range_a=4, encoding_a="bipolar", range_b=1)
    >>> gate.run({"a": [-3, -3, 4], "b": [1, 0, 1]})[0]["product"][:, 0].tolist()
    [-3, 0, 4]
    """

    range_a: int
    range_b: int
    encoding_a: str = "unipolar"
    encoding_b: str = "unipolar"

    def __post_init__(self) -> None:
        first = check_range("IntegralMultiplier range_a", self.range_a)
        name = f"IntegralMultiplier range_b with range_a {first}"
        self._set(
            range_a=first,
            range_b=check_integer(name, self.range_b, 1, LARGEST_RANGE // first),
        )
        check_choice("IntegralMultiplier encoding_a", self.encoding_a, ENCODINGS)
        check_choice("IntegralMultiplier encoding_b", self.encoding_b, ENCODINGS)

    @property
    def encoding(self) -> str:
        """The encoding of the product."""
        both = self.encoding_a == self.encoding_b == "unipolar"
        return "unipolar" if both else "bipolar"

    @property
    def ports(self) -> tuple[Port, ...]:
        return (
            integral_port("a", "in", self.range_a, self.encoding_a, meaning="first factor"),
            integral_port("b", "in", self.range_b, self.encoding_b, meaning="second factor"),
            integral_port(
                "product",
                "out",
                self.range_a * self.range_b,
                self.encoding,
                meaning="integral stream of the product",
            ),
        )

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        return registers, {"product": inputs["a"] * inputs["b"]}

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        outputs["product"][:] = inputs["a"] * inputs["b"]
