"""One rounding and overflow inside a circuit, and what circuits that round have in common."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from ..circuit import Circuit, Port, WordSource
from ..formats.format import Format
from ..formats.modes import Overflow, Rounding
from .reference import code_limits, fit_exactly, round_exactly
from .rules import aligned_words, overflow_rule, rounding_rule

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "RoundingStage",
    "alignment_shifts",
    "check_format",
    "check_generator",
    "check_stage",
    "format_port",
    "word_fraction",
]


@dataclasses.dataclass(frozen=True)
class RoundingStage:
    """Where a circuit brings an exact value of one format into another.

    Attributes
    ----------
    exact, target : Format
    rounding : Rounding
    overflow : Overflow
        ERROR keeps the low bits, as WRAP does, and is told by a flag.
    """

    exact: Format
    target: Format
    rounding: Rounding
    overflow: Overflow

    @property
    def discarded(self) -> int:
        """Bits below the target's resolution, negative where it is finer than `exact`."""
        return self.exact.frac_bits - self.target.frac_bits

    @property
    def _fit(self) -> Overflow:
        return Overflow.WRAP if self.overflow is Overflow.ERROR else self.overflow

    def quantize(self, code: int, word: Fraction = Fraction(0)) -> tuple[int, bool]:
        """Return a code of `exact` as one of `target`, and whether it overflowed.

        Parameters
        ----------
        code : int
        word : Fraction
            For STOCHASTIC: the generator's word over 2 to its width.
        """
        value = code * Fraction(2) ** -self.discarded
        rounded = round_exactly(value, self.rounding, word)
        low, high = code_limits(self.target, self._fit)
        fitted = fit_exactly(rounded, self.target, self._fit)
        assert fitted is not None  # only ERROR gives None
        return fitted, not low <= rounded <= high

    def kernel_arguments(self) -> tuple[Any, ...]:
        """Return what `circuit_kernels.quantized` takes: all of it int64."""
        right, left = max(self.discarded, 0), max(-self.discarded, 0)
        step = rounding_rule(self.rounding, right, np.int64)
        fit, limits = overflow_rule(self.target, self._fit, np.int64)
        return np.int64(step.kind), np.int64(fit), np.int64(left), step.rule, limits

    def align_words(self, words: NDArray[np.uint32], width: int) -> NDArray[np.int64]:
        """Return `width`-bit words with their top bits at the first discarded bit."""
        return aligned_words(words, width, max(self.discarded, 0), np.int64)


def alignment_shifts(x: Format, y: Format) -> tuple[int, int]:
    """Return by how many bits codes of two formats go left to stand at one binary point."""
    further = x.frac_bits - y.frac_bits
    return max(-further, 0), max(further, 0)


def word_fraction(generator: WordSource | None, words: Sequence[int]) -> Fraction:
    """Return the word of a circuit's one generator over 2 to its width, 0 without one."""
    return Fraction(0) if generator is None else Fraction(words[0], 1 << generator.width)


def format_port(name: str, direction: Any, fmt: Format, count: int = 1) -> Port:
    """Return a port that carries codes of `fmt`."""
    return Port(name=name, direction=direction, width=fmt.width, signed=fmt.signed, count=count)


def check_format(name: str, fmt: Any) -> Format:
    """Return `fmt`, or what its name stands for, if its codes fit the int64 of a port."""
    made = Format.parse(fmt) if isinstance(fmt, str) else fmt
    if not isinstance(made, Format):
        raise TypeError(f"{name} must be a Format or a string such as 'sQ4.12', not {fmt!r}")
    if made.width + (not made.signed) > 64:
        raise ValueError(f"{name} must fit a signed 64-bit integer, not {made}")
    return made


def check_stage(name: str, stage: RoundingStage) -> None:
    """Raise a ValueError if a number on the way needs more than 64 bits.

    Parameters
    ----------
    name : str
        The circuit, as it begins the error.
    stage : Stage
    """
    exact, target = stage.exact, stage.target
    needed = exact.width + (not exact.signed) + max(-stage.discarded, 0)
    if needed > 64:
        raise ValueError(f"{name} needs {needed} bits from {exact} to {target}, more than 64")
    if stage.discarded > 62:
        raise ValueError(
            f"{name} discards {stage.discarded} bits from {exact} to {target}, more than 62"
        )


def check_generator(name: str, generator: Any, needed: bool) -> Any:
    """Return `generator` if it is one just where one is needed.

    Raises
    ------
    TypeError, ValueError
        If there is none for STOCHASTIC rounding, or one without it.
    """
    if not needed:
        if generator is not None:
            raise ValueError(
                f"{name} must be None where nothing rounds with STOCHASTIC, not {generator!r}"
            )
        return None
    if not isinstance(generator, Circuit) or not callable(getattr(generator, "words", None)):
        raise TypeError(
            f"{name} must be a generator, since a rounding is STOCHASTIC, not {generator!r}"
        )
    return generator
