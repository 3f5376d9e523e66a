"""A rounding with overflow inside a circuit, and checks for circuits that round."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from ..circuit import Circuit, Port, WordSource
from ..circuit.checks import shown
from ..formats.format import Format, as_format
from ..formats.modes import Overflow, Rounding
from .reference import code_limits, fit_exactly, round_exactly
from .rules import aligned_words, overflow_rule, rounding_rule

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "RoundingStage",
    "alignment_shifts",
    "check_generator",
    "check_port_format",
    "check_stage",
    "format_port",
    "word_fraction",
]


@dataclasses.dataclass(frozen=True)
class RoundingStage:
    """The conversion of an exact value to another format inside a circuit.

    Attributes
    ----------
    exact, target : Format
    rounding : Rounding
    overflow : Overflow
        With ERROR the low bits are kept, as with WRAP, and the circuit sets a flag.
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
        """Convert a code of `exact` to one of `target`; return it and whether it overflowed.

        Parameters
        ----------
        code : int
        word : Fraction
            For STOCHASTIC: the generator's word divided by 2**width.
        """
        value = code * Fraction(2) ** -self.discarded
        rounded = round_exactly(value, self.rounding, word)
        low, high = code_limits(self.target, self._fit)
        fitted = fit_exactly(rounded, self.target, self._fit)
        assert fitted is not None  # only ERROR gives None
        return fitted, not low <= rounded <= high

    def kernel_arguments(self) -> tuple[Any, ...]:
        """Return the stage as `circuit_kernels.quantize_value` takes it, in int64."""
        right, left = max(self.discarded, 0), max(-self.discarded, 0)
        step = rounding_rule(self.rounding, right, np.int64)
        fit, limits = overflow_rule(self.target, self._fit, np.int64)
        return np.int64(step.kind), np.int64(fit), np.int64(left), step.rule, limits

    def align_words(self, words: NDArray[np.uint32], width: int) -> NDArray[np.int64]:
        """Return `width`-bit words with their top bits at the first discarded bit."""
        return aligned_words(words, width, max(self.discarded, 0), np.int64)


def alignment_shifts(x: Format, y: Format) -> tuple[int, int]:
    """Return the left shifts that align the binary points of codes of two formats."""
    difference = x.frac_bits - y.frac_bits
    return max(-difference, 0), max(difference, 0)


def word_fraction(generator: WordSource | None, words: Sequence[int]) -> Fraction:
    """Return the generator's word divided by 2**width, 0 without a generator.

    Parameters
    ----------
    generator : generator or None
        The circuit's only generator.
    words : sequence of int
        This cycle's words, as `Circuit.step` takes them.
    """
    return Fraction(0) if generator is None else Fraction(words[0], 1 << generator.width)


def format_port(
    name: str, direction: Any, fmt: Format, count: int = 1, *, meaning: str
) -> Port:
    """Return a port that carries codes of `fmt`; its meaning ends with the format."""
    return Port(
        name=name,
        direction=direction,
        width=fmt.width,
        signed=fmt.signed,
        count=count,
        meaning=f"{meaning}, {fmt}",
    )


def check_port_format(name: str, fmt: Any) -> Format:
    """Return a format whose codes fit the int64 arrays of ports.

    Parameters
    ----------
    name : str
        Parameter, for the error messages.
    fmt : Format or str

    Raises
    ------
    TypeError, ValueError
        If `fmt` is not a format or its name, or needs more than 64 bits with a sign.
    """
    if not isinstance(fmt, Format | str):
        raise TypeError(
            f"{name} must be a Format or a string such as 'sQ4.12', not {shown(fmt)}"
        )
    fmt = as_format(fmt)
    if fmt.width + (not fmt.signed) > 64:
        raise ValueError(f"{name} must fit a signed 64-bit integer, not {fmt}")
    return fmt


def check_stage(name: str, stage: RoundingStage) -> None:
    """Raise a ValueError if an intermediate number needs more than 64 bits.

    Parameters
    ----------
    name : str
        Circuit, for the error message.
    stage : RoundingStage
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
    """Return `generator`, which must be given if and only if it is needed.

    Parameters
    ----------
    name : str
        Parameter, for the error messages.
    generator : generator or None
    needed : bool
        Whether a rounding is STOCHASTIC.

    Raises
    ------
    TypeError
        If a generator is needed and `generator` is not one.
    ValueError
        If no generator is needed and `generator` is not None.
    """
    if not needed:
        if generator is not None:
            raise ValueError(
                f"{name} must be None if no rounding is STOCHASTIC, not {shown(generator)}"
            )
        return None
    if not isinstance(generator, Circuit) or not callable(getattr(generator, "words", None)):
        raise TypeError(
            f"{name} must be a generator, since a rounding is STOCHASTIC, "
            f"not {shown(generator)}"
        )
    return generator
