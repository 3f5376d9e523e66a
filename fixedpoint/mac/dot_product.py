"""Inner product with a pipelined tree of adders."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from ..arrays.accumulator_spec import AccumulatorSpec
from ..circuit import Circuit, Port, Register, WordSource, check_integer
from ..circuit.checks import shown
from ..formats.format import Format
from ..formats.modes import Overflow
from ..rounding.rounding_stage import check_generator, check_port_format, format_port
from .accumulator_stages import AccumulatorStages, check_accumulator
from .mac_kernels import add_in_a_tree

__all__ = ["DotProduct"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class DotProduct(Circuit):
    """Inner product of K terms a cycle: multipliers and a pipelined tree of adders.

    Parameters
    ----------
    terms : int
        K, 1..1024.
    a, b : Format or str
        Of the operands.
    accumulator : AccumulatorSpec
        Format, rounding and overflow of the sums, and optionally the rounding of products.
        Its order is ``"tree"``.
    generators : tuple of generator
        For STOCHASTIC ``accumulator.words_per_output(terms)`` generators, one for each adder
        of the first level, or one for each product if products are rounded; else empty.

    Raises
    ------
    ValueError
        If an exact product or an exact sum needs more than 64 bits, the order is
        ``"sequential"``, or the number of generators is wrong.

    Notes
    -----
    Ports: ``a``, ``b`` of K elements in; ``sum`` out.

    The tree is that of `AccumulatorSpec`: neighbouring products are added, and a last product
    without a neighbour is added to 0; then neighbouring sums are added level by level, and a
    last sum without a neighbour goes up unchanged. Every sum is quantised, and every level
    ends in registers, so that a new inner product starts in each enabled cycle. The latency
    is the number of levels, ceil(log2 K), at least 1. The registers ``sums``, first level
    first, are 0 after reset.

    With overflow mode ERROR the low bits are kept, as with WRAP, and the output
    ``overflowed`` tells whether one of the sums below ``sum`` did not fit. The registers
    ``lost`` pass these flags from level to level.

    The inner product of cycle t takes word t of each generator. The outputs are those of
    `matmul` with the generators' words interleaved.

    Source: the textbook unit; the quantisation by every adder is a definition of this
    library.

    Examples
    --------
    >>> from fixedpoint import AccumulatorSpec, DotProduct, Overflow
    >>> dot = DotProduct(
    ...     terms=3, a="sQ4.0", b="sQ4.0",
    ...     accumulator=AccumulatorSpec(
    ...         format="sQ6.0", overflow=Overflow.SATURATE, order="tree"
    ...     ),
    ... )
    >>> inputs = {"a": [[1, 2, 3], [7, 7, -8]] * 2, "b": [[4, 5, 6], [7, 7, 7]] * 2}
    >>> outputs, _ = dot.run(inputs)
    >>> outputs["sum"][:, 0].tolist()
    [0, 0, 31, -1]
    """

    terms: int
    a: Format
    b: Format
    accumulator: AccumulatorSpec
    generators: tuple[WordSource, ...] = ()  # type: ignore[assignment]

    def __post_init__(self) -> None:
        spec = self.accumulator
        check_accumulator("DotProduct", spec, "tree")
        if not isinstance(self.generators, tuple | list):
            raise TypeError(
                f"DotProduct generators must be a tuple, not {shown(self.generators)}"
            )
        self._set(
            terms=check_integer("DotProduct terms", self.terms, 1, 1024),
            a=check_port_format("DotProduct a", self.a),
            b=check_port_format("DotProduct b", self.b),
            generators=tuple(self.generators),
        )
        needed = spec.words_per_output(self.terms)
        if len(self.generators) != needed:
            raise ValueError(
                f"DotProduct needs {needed} generators, not {len(self.generators)}"
            )
        for generator in self.generators:
            check_generator("DotProduct generators", generator, True)
        self.stages.check("DotProduct", self.stages.first_sum, self.stages.tree_sum)

    @property
    def stages(self) -> AccumulatorStages:
        """The stages of the products and of the sums."""
        return AccumulatorStages(self.accumulator, self.a, self.b)

    @property
    def levels(self) -> tuple[int, ...]:
        """Number of sums of each level, first level first."""
        sizes = [(self.terms + 1) // 2]
        while sizes[-1] > 1:
            sizes.append((sizes[-1] + 1) // 2)
        return tuple(sizes)

    @property
    def has_overflow_flag(self) -> bool:
        """Whether the circuit has the output ``overflowed``."""
        return self.accumulator.overflow is Overflow.ERROR

    @property
    def ports(self) -> tuple[Port, ...]:
        flag = (Port.output("overflowed", meaning="1 where the sum left its range"),)
        return (
            format_port("a", "in", self.a, self.terms, meaning="first vector"),
            format_port("b", "in", self.b, self.terms, meaning="second vector"),
            format_port("sum", "out", self.accumulator.format, meaning="dot product"),
            *(flag if self.has_overflow_flag else ()),
        )

    @property
    def registers(self) -> tuple[Register, ...]:
        fmt, count = self.accumulator.format, sum(self.levels)
        flags = (Register(name="lost", width=1, count=count),)
        return (
            Register(name="sums", width=fmt.width, signed=fmt.signed, count=count),
            *(flags if self.has_overflow_flag else ()),
        )

    @property
    def latency(self) -> int:
        return len(self.levels)

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        stages, spec = self.stages, self.accumulator
        several = sum(self.levels) > 1
        old = registers if several else {name: [v] for name, v in registers.items()}
        fractions = [
            Fraction(word, 1 << g.width) for word, g in zip(words, self.generators, strict=True)
        ]
        round_products = spec.product_rounding is not None
        a, b = (inputs[n] if self.terms > 1 else [inputs[n]] for n in ("a", "b"))
        below = [
            stages.term(x, y, fractions[i] if round_products and fractions else Fraction(0))
            for i, (x, y) in enumerate(zip(a, b, strict=True))
        ]
        below += [0] * (self.terms % 2)
        sums, lost = [], []
        for i in range(0, len(below), 2):
            word = fractions[i // 2] if fractions and not round_products else Fraction(0)
            code, overflowed = stages.first_sum.quantize(below[i] + below[i + 1], word)
            sums.append(code)
            lost.append(int(overflowed))
        begin = 0
        for size in self.levels[:-1]:
            level = old["sums"][begin : begin + size]
            flags = old["lost"][begin : begin + size] if self.has_overflow_flag else [0] * size
            for i in range(0, size - 1, 2):
                code, overflowed = stages.tree_sum.quantize(level[i] + level[i + 1])
                sums.append(code)
                lost.append(int(overflowed or flags[i] or flags[i + 1]))
            sums += level[-1:] * (size % 2)
            lost += flags[-1:] * (size % 2)
            begin += size
        outputs = {"sum": old["sums"][-1]}
        after = {"sums": sums}
        if self.has_overflow_flag:
            outputs["overflowed"] = old["lost"][-1]
            after["lost"] = lost
        return (after if several else {name: v[0] for name, v in after.items()}), outputs

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        stages = self.stages
        round_products = self.accumulator.product_rounding is not None
        rounded_stage = stages.product if round_products else stages.first_sum
        # Terms or sums without a generator read zeros.
        added = np.zeros((len(enable), self.terms), np.int64)
        for i, (word, generator) in enumerate(zip(words, self.generators, strict=True)):
            added[:, i] = rounded_stage.align_words(word, generator.width)
        zeros = np.zeros_like(added)
        add_in_a_tree(
            enable,
            added if round_products else zeros,
            zeros if round_products else added,
            (inputs["a"], inputs["b"]),
            (
                stages.product.kernel_arguments(),
                stages.first_sum.kernel_arguments(),
                stages.tree_sum.kernel_arguments(),
            ),
            self.terms,
            np.array(self.levels),
            registers["sums"],
            outputs["sum"],
            registers.get("lost", np.zeros_like(registers["sums"])),
            outputs.get("overflowed", np.zeros_like(outputs["sum"])),
        )
