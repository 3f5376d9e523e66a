"""Base of multiply-accumulate units whose weights are so simple that nothing is multiplied."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from ..arrays.accumulator_spec import AccumulatorSpec
from ..circuit import Circuit, Port, Register, WordSource
from ..formats.format import Format
from ..rounding.rounding_stage import check_generator, check_port_format
from .accumulator_stages import AccumulatorStages, check_accumulator
from .mac import Mac

__all__ = ["MultiplierlessMac"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class MultiplierlessMac(Circuit):
    """Base of units that do what a `Mac` does, with a weight in a code of its own.

    A subclass says by `weight_inputs` and `weigh` which code that is, and by `b` which
    fixed-point format holds every weight.

    Parameters
    ----------
    a : Format or str
        Of the operand.
    accumulator, generator
        As for `Mac`.
    """

    a: Format
    accumulator: AccumulatorSpec
    generator: WordSource | None = None

    def __post_init__(self) -> None:
        name, spec = type(self).__name__, self.accumulator
        check_accumulator(name, spec, "sequential")
        self._set(a=check_port_format(f"{name} a", self.a))
        check_generator(f"{name} generator", self.generator, spec.random)
        stages = AccumulatorStages(spec, self.a, self.b)
        stages.check(name, stages.running_sum)

    @property
    def b(self) -> Format:
        """A fixed-point format that holds every weight."""
        raise NotImplementedError

    @property
    def weight_inputs(self) -> tuple[Port, ...]:
        """The ports on which a weight comes."""
        raise NotImplementedError

    def weigh(self, *codes: Any) -> Any:
        """Return weights as codes of `b` from those on the ports: integers or arrays."""
        raise NotImplementedError

    @property
    def mac(self) -> Mac:
        """The unit with a multiplier that gives the same sums."""
        return Mac(a=self.a, b=self.b, accumulator=self.accumulator, generator=self.generator)

    @property
    def has_overflow_flag(self) -> bool:
        """Whether there is the output ``overflowed``."""
        return self.mac.has_overflow_flag

    @property
    def ports(self) -> tuple[Port, ...]:
        load, sum_in, a, _ = self.mac.inputs
        return (load, sum_in, a, *self.weight_inputs, *self.mac.outputs)

    @property
    def registers(self) -> tuple[Register, ...]:
        return self.mac.registers

    @property
    def generators(self) -> tuple[WordSource, ...]:
        return self.mac.generators

    @property
    def latency(self) -> int:
        return self.mac.latency

    def _weighed(self, inputs: dict[str, Any]) -> dict[str, Any]:
        codes = (inputs[port.name] for port in self.weight_inputs)
        return {**{n: inputs[n] for n in ("load", "sum_in", "a")}, "b": self.weigh(*codes)}

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        return self.mac.step(registers, words, **self._weighed(inputs))

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        self.mac._kernel(enable, words, self._weighed(inputs), registers, outputs)
