"""Multiply-accumulate unit whose sum is quantised at every step."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from .accumulation import Accumulation
from .accumulator import AccumulatorSpec
from .circuit import Circuit, Port, Register, WordSource
from .format import Format
from .modes import Overflow
from .stage import aligned, check_format, check_generator, port

__all__ = ["Mac"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Mac(Circuit):
    """Multiply-accumulate: one product a cycle, the sum quantised at every step.

    Parameters
    ----------
    a, b : Format or str
        Of the operands.
    accumulator : AccumulatorSpec
        The sum's format, rounding and overflow, and the rounding of products if there is
        one. Its order is ``"sequential"``.
    generator : generator, optional
        Whose words STOCHASTIC adds; just there it is needed.

    Raises
    ------
    ValueError
        If the exact product or the exact sum needs more than 64 bits, or the order is
        ``"tree"``.

    Notes
    -----
    Ports: ``load`` (1 bit), ``sum_in``, ``a``, ``b`` in; ``sum`` out, a register of the
    accumulator's format. In each enabled cycle, with T the product, exact or rounded::

        S = sum_in if load else sum
        sum <- Q(S + T)

    where Q rounds and brings into range. So an inner product of K terms takes K cycles, the
    first with ``load`` high and ``sum_in`` its bias or 0, and the next may follow at once.
    Latency 1. After reset the sum is 0.

    With overflow mode ERROR the low bits are kept, as in WRAP, and the register
    ``overflowed``, an output too, tells whether a sum since the last ``load`` did not fit.

    STOCHASTIC takes one word in each enabled cycle: K products give the code of `matmul`
    and `AccumulatorSpec.accumulate` with the same generator.

    Source: the unit is the textbook one; stochastic rounding inside it as in S. Gupta,
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

    a: Format
    b: Format
    accumulator: AccumulatorSpec
    generator: WordSource | None = None

    def __post_init__(self) -> None:
        spec = self.accumulator
        if not isinstance(spec, AccumulatorSpec):
            raise TypeError(f"Mac accumulator must be an AccumulatorSpec, not {spec!r}")
        if spec.order != "sequential":
            raise ValueError(f"Mac accumulator order must be sequential, not {spec.order}")
        self._set(a=check_format("Mac a", self.a), b=check_format("Mac b", self.b))
        check_format("Mac accumulator format", spec.format)
        check_generator("Mac generator", self.generator, spec.random)
        self.accumulation.check("Mac", self.accumulation.onward)

    @property
    def accumulation(self) -> Accumulation:
        """The stages of the product and of the sum."""
        return Accumulation(self.accumulator, self.a, self.b)

    @property
    def flagged(self) -> bool:
        """Whether there is the output ``overflowed``."""
        return self.accumulator.overflow is Overflow.ERROR

    @property
    def ports(self) -> tuple[Port, ...]:
        flag = (Port(name="overflowed", direction="out", width=1),)
        return (
            Port(name="load", direction="in", width=1),
            port("sum_in", "in", self.accumulator.format),
            port("a", "in", self.a),
            port("b", "in", self.b),
            port("sum", "out", self.accumulator.format),
            *(flag if self.flagged else ()),
        )

    @property
    def registers(self) -> tuple[Register, ...]:
        fmt = self.accumulator.format
        flag = (Register(name="overflowed", width=1),)
        return (
            Register(name="sum", width=fmt.width, signed=fmt.signed),
            *(flag if self.flagged else ()),
        )

    @property
    def generators(self) -> tuple[WordSource, ...]:
        return () if self.generator is None else (self.generator,)

    @property
    def latency(self) -> int:
        return 1

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        word = Fraction(0)
        if self.generator is not None:
            word = Fraction(words[0], 1 << self.generator.width)
        stages = self.accumulation
        load = inputs["load"]
        before = inputs["sum_in"] if load else registers["sum"]
        term = stages.term(inputs["a"], inputs["b"], word)
        formats = (self.accumulator.format, stages.product.target)
        left, right = aligned(*formats)
        after, lost = stages.onward.quantize((before << left) + (term << right), word)
        held = {"sum": after}
        if self.flagged:
            held["overflowed"] = int(lost or (not load and registers["overflowed"]))
        return held, dict(registers)

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        from .circuit_kernels import drawn, multiply_accumulate

        stages = self.accumulation
        product, onward = stages.product, stages.onward
        multiply_accumulate(
            enable,
            drawn(product, words, self.generator, len(enable)),
            drawn(onward, words, self.generator, len(enable)),
            tuple(inputs[name] for name in ("load", "sum_in", "a", "b")),
            product.compiled(),
            onward.compiled(),
            aligned(self.accumulator.format, product.target),
            registers["sum"],
            outputs["sum"],
            registers.get("overflowed", registers["sum"][:0]),
            outputs.get("overflowed", outputs["sum"][:0]),
        )
