"""Fixed-point multiplier."""

from __future__ import annotations

import dataclasses
from typing import Any

from ..formats.format import Format
from ..formats.result_formats import product_format
from .base import TwoOperandCircuit

__all__ = ["FixedMultiplier"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class FixedMultiplier(TwoOperandCircuit):
    """Multiplier: the exact product of two codes of any formats, requantised.

    Parameters
    ----------
    a, b : Format or str
        Of the operands.
    target, rounding, overflow, generator
        As for `Requantizer`, with the exact product as the source.

    Raises
    ------
    ValueError
        If the exact product, or the product in units of the target's resolution, needs more
        than 64 bits, or if more than 62 bits are discarded.

    Notes
    -----
    Ports: ``a``, ``b`` in; ``result`` out, and with ERROR ``overflowed``. The latency is 0.
    Without STOCHASTIC the circuit is combinational; else its state is the generator's.

    The result is that of `multiply` and of ``(a * b).cast(target, rounding, overflow)`` of
    `FixedArray`. The exact product has the integer and fraction bits of both operands.

    Source: the growth rule is that of ap_fixed and of APyTypes.

    Examples
    --------
    >>> from fixedpoint import FixedMultiplier, Overflow, Rounding
    >>> multiplier = FixedMultiplier(
    ...     a="sQ2.2", b="sQ2.2", target="sQ2.2",
    ...     rounding=Rounding.NEAREST_EVEN, overflow=Overflow.SATURATE,
    ... )
    >>> outputs, _ = multiplier.run({"a": [2, 3, -8], "b": [3, 2, -8]})
    >>> outputs["result"][:, 0].tolist()
    [2, 2, 7]
    """

    @property
    def exact(self) -> Format:
        return product_format(self.a, self.b)

    def calculate(self, *codes: Any) -> Any:
        a, b = codes
        return a * b
