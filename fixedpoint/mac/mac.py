"""Multiply-accumulate unit whose sum is quantised at every step."""

from __future__ import annotations

import dataclasses

from ..circuit import Port
from ..rounding.rounding_stage import format_port
from .base import MacCircuit

__all__ = ["Mac"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Mac(MacCircuit):
    """Multiply-accumulate: one product a cycle, the sum quantised at every step.

    Parameters
    ----------
    a, b : Format or str
        Of the operands.
    accumulator : AccumulatorSpec
        Format, rounding and overflow of the sum, and optionally the rounding of products. Its
        order is ``"sequential"``.
    generator : generator, optional
        Source of the words that STOCHASTIC adds; required with STOCHASTIC, else None.

    Raises
    ------
    ValueError
        If the exact product or the exact sum needs more than 64 bits, or the order is
        ``"tree"``.

    Notes
    -----
    Ports: ``load`` (1 bit), ``sum_in``, ``a``, ``b`` in; ``sum`` out, a register of the
    accumulator's format. In each enabled cycle, with T the exact or rounded product::

        S = sum_in if load else sum
        sum <- Q(S + T)

    where Q rounds and brings into range. An inner product of K terms takes K cycles, the
    first with ``load`` high and ``sum_in`` its bias or 0; the next one can follow at once.
    The latency is 1, and the sum is 0 after reset.

    With overflow mode ERROR the low bits are kept, as with WRAP, and the register and output
    ``overflowed`` records whether a sum since the last ``load`` did not fit.

    STOCHASTIC takes one word in each enabled cycle: K products give the code of `matmul` and
    of `AccumulatorSpec.accumulate` with the same generator.

    Source: the textbook unit; stochastic rounding inside it as in S. Gupta,
    A. Agrawal, K. Gopalakrishnan and P. Narayanan, "Deep Learning with Limited Numerical
    Precision", ICML 2015, section 5.

    Examples
    --------
    >>> from fixedpoint import AccumulatorSpec, Mac, Overflow
    >>> mac = Mac(
    ...     a="sQ4.0", b="sQ4.0",
    ...     accumulator=AccumulatorSpec(format="sQ6.0", overflow=Overflow.SATURATE),
    ... )
    >>> outputs, _ = mac.run({
    ...     "load": [1, 0, 0, 0], "sum_in": [2, 0, 0, 0],
    ...     "a": [3, 4, 4, -1], "b": [1, 4, 4, 5],
    ... })
    >>> outputs["sum"][:, 0].tolist()
    [0, 5, 21, 31]
    """

    @property
    def unit_elements(self) -> dict[str, list[int]]:
        return {port.name: [0] for port in self.inputs}

    @property
    def ports(self) -> tuple[Port, ...]:
        flag = (Port.output("overflowed", meaning="1 where the sum left its range"),)
        return (
            Port.input("load", meaning="1 starts a new sum with sum_in"),
            format_port(
                "sum_in", "in", self.accumulator.format, meaning="first value of a sum"
            ),
            format_port("a", "in", self.a, meaning="first factor"),
            format_port("b", "in", self.b, meaning="second factor"),
            format_port(
                "sum", "out", self.accumulator.format, meaning="sum of the products so far"
            ),
            *(flag if self.has_overflow_flag else ()),
        )
