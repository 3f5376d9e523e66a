"""Base of the circuits that convert an exact value to a format."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..circuit import Circuit, Port, WordSource
from ..formats.format import Format
from ..formats.modes import Overflow, Rounding
from ..rounding.circuit_kernels import quantize_cycles, stage_words
from ..rounding.rounding_stage import (
    RoundingStage,
    check_generator,
    check_port_format,
    check_stage,
    format_port,
    word_fraction,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["RoundingCircuit", "TwoOperandCircuit"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class RoundingCircuit(Circuit):
    """Base of circuits whose only result is an exact value, rounded and brought into range.

    A subclass declares its input formats in `operands` and its exact value in `exact` and
    `calculate`.

    Parameters
    ----------
    target : Format or str
        Of the result.
    rounding : Rounding
    overflow : Overflow
        With ERROR the result is that of WRAP, and the output ``overflowed`` is 1 in cycles
        whose rounded value the target cannot hold.
    generator : generator, optional
        Source of the words that STOCHASTIC adds; required with STOCHASTIC, else None.
    """

    target: Format
    rounding: Rounding
    overflow: Overflow
    generator: WordSource | None = None

    def __post_init__(self) -> None:
        name = type(self).__name__
        formats = ("target", *self.operands)
        self._set(
            **{key: check_port_format(f"{name} {key}", getattr(self, key)) for key in formats},
            rounding=Rounding(self.rounding),
            overflow=Overflow(self.overflow),
        )
        random = self.rounding is Rounding.STOCHASTIC
        check_generator(f"{name} generator", self.generator, random)
        check_stage(name, self.stage)

    @property
    def operands(self) -> dict[str, Format]:
        """The format of each input port, by name."""
        raise NotImplementedError

    @property
    def exact(self) -> Format:
        """The format of the exact value."""
        raise NotImplementedError

    def calculate(self, *codes: Any) -> Any:
        """Return the exact value as a code of `exact`.

        Parameters
        ----------
        *codes : int or int64 array
            One for each of `operands`.
        """
        raise NotImplementedError

    @property
    def stage(self) -> RoundingStage:
        """The rounding of the exact value."""
        return RoundingStage(self.exact, self.target, self.rounding, self.overflow)

    @property
    def ports(self) -> tuple[Port, ...]:
        flag = (Port.output("overflowed", meaning="1 where the result was out of range"),)
        return (
            *(
                format_port(name, "in", fmt, meaning="operand")
                for name, fmt in self.operands.items()
            ),
            format_port("result", "out", self.target, meaning="rounded result"),
            *(flag if self.overflow is Overflow.ERROR else ()),
        )

    @property
    def generators(self) -> tuple[WordSource, ...]:
        return () if self.generator is None else (self.generator,)

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        word = word_fraction(self.generator, words)
        exact = self.calculate(*(inputs[name] for name in self.operands))
        result, overflowed = self.stage.quantize(exact, word)
        outputs = {"result": result}
        if self.overflow is Overflow.ERROR:
            outputs["overflowed"] = int(overflowed)
        return registers, outputs

    def _kernel(
        self,
        enable: NDArray[np.bool_],
        words: list[NDArray[np.uint32]],
        inputs: dict[str, NDArray[np.int64]],
        registers: dict[str, NDArray[np.int64]],
        outputs: dict[str, NDArray[np.int64]],
    ) -> None:
        result = outputs["result"]
        quantize_cycles(
            self.calculate(*(inputs[name] for name in self.operands)),
            stage_words(self.stage, words, self.generator, len(enable)),
            self.stage.kernel_arguments(),
            result,
            outputs.get("overflowed", result[:0]),
        )


@dataclasses.dataclass(frozen=True, kw_only=True)
class TwoOperandCircuit(RoundingCircuit):
    """Base of circuits with two inputs, ``a`` and ``b``, each with a format of its own.

    Parameters
    ----------
    a, b : Format or str
        Of the operands.
    """

    a: Format
    b: Format

    @property
    def operands(self) -> dict[str, Format]:
        return {"a": self.a, "b": self.b}
