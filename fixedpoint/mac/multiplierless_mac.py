"""Base of multiply-accumulate units whose weights need no multiplier."""

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
    """Base of units that behave as a `Mac` whose weights have an encoding of their own.

    A subclass defines the encoding in `weight_inputs` and `decode_weight`, and a fixed-point
    format that holds every weight in `b`.

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

    def decode_weight(self, *codes: Any) -> Any:
        """Convert weights from the encoding of the ports to codes of `b`.

        Parameters
        ----------
        *codes : int or int64 array
            One for each of `weight_inputs`.
        """
        raise NotImplementedError

    @property
    def mac(self) -> Mac:
        """The multiplying unit that gives the same sums."""
        return Mac(a=self.a, b=self.b, accumulator=self.accumulator, generator=self.generator)

    @property
    def has_overflow_flag(self) -> bool:
        """Whether the circuit has the output ``overflowed``."""
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

    def _mac_inputs(self, inputs: dict[str, Any]) -> dict[str, Any]:
        codes = (inputs[port.name] for port in self.weight_inputs)
        return {
            **{n: inputs[n] for n in ("load", "sum_in", "a")},
            "b": self.decode_weight(*codes),
        }

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        return self.mac.step(registers, words, **self._mac_inputs(inputs))

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        self.mac._kernel(enable, words, self._mac_inputs(inputs), registers, outputs)
