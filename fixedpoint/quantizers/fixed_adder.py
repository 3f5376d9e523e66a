"""Fixed-point adder."""

from __future__ import annotations

import dataclasses
from typing import Any

from ..formats.format import Format
from ..formats.result_formats import sum_format
from ..rounding.rounding_stage import alignment_shifts
from .base import TwoOperandCircuit

__all__ = ["FixedAdder"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class FixedAdder(TwoOperandCircuit):
    """Adder: the exact sum of two codes of any formats, requantised.

    Parameters
    ----------
    a, b : Format or str
        Of the operands.
    target, rounding, overflow, generator
        As for `Requantizer`, with the exact sum as the source.

    Raises
    ------
    ValueError
        If the exact sum, or the sum in units of the target's resolution, needs more than 64
        bits, or if more than 62 bits are discarded.

    Notes
    -----
    Ports: ``a``, ``b`` in; ``result`` out, and with ERROR ``overflowed``. The latency is 0.
    Without STOCHASTIC the circuit is combinational; else its state is the generator's.

    The result is that of ``(a + b).cast(target, rounding, overflow)`` of `FixedArray`: the
    operands are aligned at the finer binary point, and the sum has one integer bit more than
    their common format.

    Source: the growth rule is that of ap_fixed and of APyTypes.

    Examples
    --------
    >>> from fixedpoint import FixedAdder, Overflow, Rounding
    >>> adder = FixedAdder(
    ...     a="sQ4.0", b="sQ3.1", target="sQ4.0",
    ...     rounding=Rounding.NEAREST_UP, overflow=Overflow.SATURATE,
    ... )
    >>> outputs, _ = adder.run({"a": [1, 7, -8], "b": [1, 7, -1]})
    >>> outputs["result"][:, 0].tolist()
    [2, 7, -8]
    """

    @property
    def exact(self) -> Format:
        return sum_format(self.a, self.b)

    def calculate(self, *codes: Any) -> Any:
        (a, b), (left, right) = codes, alignment_shifts(self.a, self.b)
        return (a << left) + (b << right)
