"""Inner product by a tree of adders."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from ..arrays.accumulator_spec import AccumulatorSpec
from ..circuit import Circuit, Port, Register, WordSource, check_integer
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
        The sums' format, rounding and overflow, and the rounding of products if there is
        one. Its order is ``"tree"``.
    generators : tuple of generator
        For STOCHASTIC ``accumulator.words_per_output(terms)`` of them, else none: one for
        each adder of the first level, or for each product where these are rounded.

    Raises
    ------
    ValueError
        If an exact product or an exact sum needs more than 64 bits, the order is
        ``"sequential"``, or the number of generators is another.

    Notes
    -----
    Ports: ``a``, ``b`` of K elements in; ``sum`` out.

    The tree is that of `AccumulatorSpec`: neighbouring products are added, a last one
    without a neighbour to 0; then neighbouring sums, level by level, a last one without a
    neighbour going up as it is. Every sum is quantised, and every level ends in registers,
    so that a new inner product begins in each enabled cycle. The latency is the number of
    levels, ceil(log2 K), at least 1. All registers, ``sums``, first level first, are 0 after
    reset.

    With overflow mode ERROR the low bits are kept, as in WRAP, and the output
    ``overflowed`` beside ``sum`` tells whether a sum below it did not fit; the registers
    ``lost`` carry that along.

    The inner product of cycle t takes word t of each generator, so that over time the
    outputs are those of `matmul` whose words are the generators' in turn.

    Source: the unit is the textbook one; that every adder quantises, and where, is the
    definition of this library.

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
            raise TypeError(f"DotProduct generators must be a tuple, not {self.generators!r}")
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
        """How many sums each level has, from the products on."""
        sizes = [(self.terms + 1) // 2]
        while sizes[-1] > 1:
            sizes.append((sizes[-1] + 1) // 2)
        return tuple(sizes)

    @property
    def has_overflow_flag(self) -> bool:
        """Whether there is the output ``overflowed``."""
        return self.accumulator.overflow is Overflow.ERROR

    @property
    def ports(self) -> tuple[Port, ...]:
        flag = (Port.output("overflowed"),)
        return (
            format_port("a", "in", self.a, self.terms),
            format_port("b", "in", self.b, self.terms),
            format_port("sum", "out", self.accumulator.format),
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
        many = sum(self.levels) > 1
        old = registers if many else {name: [v] for name, v in registers.items()}
        draws = [
            Fraction(word, 1 << g.width) for word, g in zip(words, self.generators, strict=True)
        ]
        early = spec.product_rounding is not None
        a, b = (inputs[n] if self.terms > 1 else [inputs[n]] for n in ("a", "b"))
        below = [
            stages.term(x, y, draws[i] if early and draws else Fraction(0))
            for i, (x, y) in enumerate(zip(a, b, strict=True))
        ]
        below += [0] * (self.terms % 2)
        sums, lost = [], []
        for i in range(0, len(below), 2):
            word = draws[i // 2] if draws and not early else Fraction(0)
            code, over = stages.first_sum.quantize(below[i] + below[i + 1], word)
            sums.append(code)
            lost.append(int(over))
        begin = 0
        for size in self.levels[:-1]:
            level = old["sums"][begin : begin + size]
            flags = old["lost"][begin : begin + size] if self.has_overflow_flag else [0] * size
            for i in range(0, size - 1, 2):
                code, over = stages.tree_sum.quantize(level[i] + level[i + 1])
                sums.append(code)
                lost.append(int(over or flags[i] or flags[i + 1]))
            sums += level[-1:] * (size % 2)
            lost += flags[-1:] * (size % 2)
            begin += size
        outputs = {"sum": old["sums"][-1]}
        after = {"sums": sums}
        if self.has_overflow_flag:
            outputs["overflowed"] = old["lost"][-1]
            after["lost"] = lost
        return (after if many else {name: v[0] for name, v in after.items()}), outputs

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        stages = self.stages
        cycles, early = len(enable), self.accumulator.product_rounding is not None
        first = stages.product if early else stages.first_sum
        # Terms or sums without a generator read zeros.
        drawn = np.zeros((cycles, self.terms), np.int64)
        for i, (word, generator) in enumerate(zip(words, self.generators, strict=True)):
            drawn[:, i] = first.align_words(word, generator.width)
        none = np.zeros_like(drawn)
        add_in_a_tree(
            enable,
            drawn if early else none,
            none if early else drawn,
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
