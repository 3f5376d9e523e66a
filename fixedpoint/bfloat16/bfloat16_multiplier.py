"""Multiplier of bfloat16 numbers."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from ..circuit import Circuit, Port
from .number import multiply

__all__ = ["Bfloat16Multiplier"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Bfloat16Multiplier(Circuit):
    """Multiplier of two bfloat16 numbers, rounded to nearest, ties to even.

    Notes
    -----
    Ports: ``a``, ``b`` in; ``result`` out, patterns of 16 bits. The latency is 0. The circuit
    has no state and no parameters.

    Subnormal operands and products are supported. A product whose rounded magnitude is 2^128
    or more is infinite. 0 times infinity and NaN operands give 0x7FC0. The sign is negative
    if the signs of the operands differ, also for 0.

    Source: IEEE 754-2019, section 4.3 for the rounding, 6.1 to 6.3 for infinities, NaN and
    signs.

    Examples
    --------
    >>> from fixedpoint import Bfloat16Multiplier, from_bfloat16, to_bfloat16
    >>> outputs, _ = Bfloat16Multiplier().run({
    ...     "a": to_bfloat16([1.5, -3.0, 1.0078125, 1e-30]),
    ...     "b": to_bfloat16([0.5, 7.0, 1.0078125, -1e-30]),
    ... })
    >>> from_bfloat16(outputs["result"][:, 0]).tolist()
    [0.75, -21.0, 1.015625, -0.0]
    """

    @property
    def ports(self) -> tuple[Port, ...]:
        return (
            Port.input("a", 16, meaning="first factor, bfloat16"),
            Port.input("b", 16, meaning="second factor, bfloat16"),
            Port.output("result", 16, meaning="rounded product, bfloat16"),
        )

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        return registers, {"result": multiply(inputs["a"], inputs["b"])}

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        from .kernels import check_subnormals, multiply_cycles

        check_subnormals()
        multiply_cycles(inputs["a"], inputs["b"], outputs["result"])
