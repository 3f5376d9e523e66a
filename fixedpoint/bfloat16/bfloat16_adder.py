"""Adder of bfloat16 numbers."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..circuit import Circuit, Port, WordSource
from ..formats.modes import Rounding
from ..rounding.rounding_stage import word_fraction
from .number import WORD_BITS, add, check_rounding

__all__ = ["Bfloat16Adder"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Bfloat16Adder(Circuit):
    """Adder of two bfloat16 numbers.

    Parameters
    ----------
    rounding : Rounding
        NEAREST_EVEN or STOCHASTIC.
    generator : generator, optional
        Source of words of 1 to 16 bits, which STOCHASTIC adds to the upper discarded bits;
        required with STOCHASTIC, else None.

    Raises
    ------
    TypeError, ValueError
        If another rounding is given, or the generator does not match the rounding.

    Notes
    -----
    Ports: ``a``, ``b`` in; ``result`` out, patterns of 16 bits. To subtract, invert the top
    bit of ``b``. The latency is 0. Without STOCHASTIC the circuit is combinational; else its
    state is the generator's.

    Subnormal numbers are supported. A sum whose rounded magnitude is 2^128 or more is
    infinite. Infinities of opposite signs and NaN operands give 0x7FC0. A sum of 0 is +0,
    unless both operands are -0. STOCHASTIC rounds the magnitude up with a probability
    proportional to the discarded part.

    Source: IEEE 754-2019, section 4.3 for the rounding, 6.1 to 6.3 for infinities, NaN and
    signs.

    Examples
    --------
    >>> from fixedpoint import Bfloat16Adder, Rounding, from_bfloat16, to_bfloat16
    >>> adder = Bfloat16Adder(rounding=Rounding.NEAREST_EVEN)
    >>> outputs, _ = adder.run({
    ...     "a": to_bfloat16([1.0, 256.0, 258.0, 3e38]),
    ...     "b": to_bfloat16([0.5, 1.0, 1.0, 3e38]),
    ... })
    >>> from_bfloat16(outputs["result"][:, 0]).tolist()
    [1.5, 256.0, 260.0, inf]
    """

    rounding: Rounding
    generator: WordSource | None = None

    def __post_init__(self) -> None:
        self._set(rounding=check_rounding("Bfloat16Adder", self.rounding, self.generator))

    @property
    def ports(self) -> tuple[Port, ...]:
        return (
            Port.input("a", 16, meaning="first summand, bfloat16"),
            Port.input("b", 16, meaning="second summand, bfloat16"),
            Port.output("result", 16, meaning="rounded sum, bfloat16"),
        )

    @property
    def generators(self) -> tuple[WordSource, ...]:
        return () if self.generator is None else (self.generator,)

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        word = word_fraction(self.generator, words) if words else None
        return registers, {"result": add(inputs["a"], inputs["b"], word)}

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        from .kernels import add_cycles, check_subnormals

        check_subnormals()
        word = np.zeros(len(enable), np.uint32)
        if self.generator is not None:
            word = words[0] << np.uint32(WORD_BITS - self.generator.width)
        random = self.generator is not None
        add_cycles(inputs["a"], inputs["b"], word, random, outputs["result"])
