"""Base of circuits of multiply-accumulate units that work side by side."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays.accumulator_spec import AccumulatorSpec
from ..circuit import Circuit, Register, WordSource
from ..formats.format import Format
from ..formats.modes import Overflow
from ..rounding.circuit_kernels import stage_words
from ..rounding.rounding_stage import (
    alignment_shifts,
    check_generator,
    check_port_format,
    word_fraction,
)
from .accumulator_stages import AccumulatorStages, check_accumulator
from .mac_kernels import multiply_accumulate

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["MacCircuit"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class MacCircuit(Circuit):
    """Base of circuits with one or more units, each accumulating one product a cycle.

    A subclass has the input ports ``load``, ``sum_in``, ``a`` and ``b``, in this order, and
    defines in `unit_elements` which of their elements each unit takes. Its outputs are the
    registers, unless it overrides `_visible_outputs` and `_write_outputs`.

    Parameters
    ----------
    a, b : Format or str
        Of the operands.
    accumulator : AccumulatorSpec
        Format, rounding and overflow of the sums, and optionally the rounding of products.
        Its order is ``"sequential"``.
    generator : generator, optional
        Source of the words that STOCHASTIC adds, the same in all units; required with
        STOCHASTIC, else None.
    """

    a: Format
    b: Format
    accumulator: AccumulatorSpec
    generator: WordSource | None = None

    def __post_init__(self) -> None:
        name, spec = type(self).__name__, self.accumulator
        check_accumulator(name, spec, "sequential")
        self._set(
            a=check_port_format(f"{name} a", self.a),
            b=check_port_format(f"{name} b", self.b),
        )
        check_generator(f"{name} generator", self.generator, spec.random)
        self.stages.check(name, self.stages.running_sum)

    @property
    def unit_elements(self) -> dict[str, list[int]]:
        """The index of the element that each unit takes, for each input port."""
        raise NotImplementedError

    @property
    def units(self) -> int:
        """Number of units."""
        return len(self.unit_elements["load"])

    @property
    def stages(self) -> AccumulatorStages:
        """The stages of the product and of the sum."""
        return AccumulatorStages(self.accumulator, self.a, self.b)

    @property
    def has_overflow_flag(self) -> bool:
        """Whether a register records that a sum did not fit."""
        return self.accumulator.overflow is Overflow.ERROR

    @property
    def registers(self) -> tuple[Register, ...]:
        fmt, count = self.accumulator.format, self.units
        flag = (Register(name="overflowed", width=1, count=count),)
        return (
            Register(name="sum", width=fmt.width, signed=fmt.signed, count=count),
            *(flag if self.has_overflow_flag else ()),
        )

    @property
    def generators(self) -> tuple[WordSource, ...]:
        return () if self.generator is None else (self.generator,)

    @property
    def latency(self) -> int:
        return 1

    def _visible_outputs(self, held: dict[str, list[int]]) -> dict[str, list[int]]:
        """Return the outputs of one cycle, given the registers."""
        return held

    def _write_outputs(
        self,
        totals: NDArray[np.int64],
        flags: NDArray[np.int64],
        outputs: dict[str, NDArray[np.int64]],
    ) -> None:
        """Write the outputs of all cycles, given the registers; `flags` may be empty."""
        outputs["sum"][:] = totals
        if self.has_overflow_flag:
            outputs["overflowed"][:] = flags

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        word = word_fraction(self.generator, words)
        stages, unit_elements = self.stages, self.unit_elements
        left, right = alignment_shifts(self.accumulator.format, stages.product.target)
        old = {name: _as_list(values) for name, values in registers.items()}
        now = {name: _as_list(values) for name, values in inputs.items()}
        held: dict[str, list[int]] = {name: [] for name in old}
        for unit in range(self.units):
            load, start, a, b = (
                now[n][unit_elements[n][unit]] for n in ("load", "sum_in", "a", "b")
            )
            before = start if load else old["sum"][unit]
            term = stages.term(a, b, word)
            after, lost = stages.running_sum.quantize((before << left) + (term << right), word)
            held["sum"].append(after)
            if self.has_overflow_flag:
                held["overflowed"].append(int(lost or (not load and old["overflowed"][unit])))
        outputs = self._visible_outputs(old)
        if self.units == 1:
            return {n: v[0] for n, v in held.items()}, {n: v[0] for n, v in outputs.items()}
        return held, outputs

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        stages = self.stages
        product, onward = stages.product, stages.running_sum
        lanes = len(registers["sum"]) // self.units
        columns = [
            np.add.outer(np.arange(lanes) * port.count, self.unit_elements[port.name]).reshape(
                -1
            )
            for port in self.inputs
        ]
        totals = np.empty((len(enable), lanes * self.units), np.int64)
        flags = np.empty_like(totals if self.has_overflow_flag else totals[:0])
        multiply_accumulate(
            enable,
            stage_words(product, words, self.generator, len(enable)),
            stage_words(onward, words, self.generator, len(enable)),
            tuple(inputs[port.name] for port in self.inputs),
            tuple(columns),
            product.kernel_arguments(),
            onward.kernel_arguments(),
            alignment_shifts(self.accumulator.format, product.target),
            registers["sum"],
            totals,
            registers.get("overflowed", registers["sum"][:0]),
            flags,
        )
        self._write_outputs(totals, flags, outputs)


def _as_list(values: Any) -> list[int]:
    return values if isinstance(values, list) else [values]
