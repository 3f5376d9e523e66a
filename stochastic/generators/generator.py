"""Base of the generators: one word a cycle, a pure function of the parameters."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from fixedpoint.circuit import Circuit, Port, check_integer
from fixedpoint.circuit.checks import shown

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Generator", "check_different", "check_generator", "same_sequence"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Generator(Circuit):
    """Base of the generators: one `width`-bit word a cycle.

    Parameters
    ----------
    width : int
        Bits of a word, 0..2^width - 1.
    phase : int
        Offset in the sequence: the word after reset is word `phase` of the sequence.

    Notes
    -----
    Port: ``word``. Latency 0: the port shows the word of cycle t during cycle t, and the
    first word after reset.
    """

    width: int
    phase: int = 0

    WIDTHS: ClassVar[tuple[int, int]] = (1, 32)
    PHASES: ClassVar[int] = 2**63
    # The class `Rotated`, which sets this when it is defined.
    rotation: ClassVar[Callable[..., Generator]]

    def __post_init__(self) -> None:
        if type(self) is Generator:
            raise TypeError("Generator is the base of the generators: make an Lfsr, or another")
        low, high = self.WIDTHS
        name = type(self).__name__
        label = name.upper() if name == "Lfsr" else name
        self._set(
            width=check_integer(f"{label} width", self.width, low, high),
            phase=check_integer(f"{label} phase", self.phase, 0, self.PHASES - 1),
        )

    @property
    def period(self) -> int:
        """Cycles after which the sequence repeats."""
        raise NotImplementedError

    def _words(self, n: int, start: int) -> NDArray[np.uint32]:
        """Return `n` words of the sequence from its cycle `start`, ``0 <= start < period``."""
        raise NotImplementedError

    def words(self, n: int, start: int = 0) -> NDArray[np.uint32]:
        """Return the words of cycles ``start .. start + n - 1`` after reset.

        The time does not depend on `start`.

        Parameters
        ----------
        n : int
            Number of words, 0 or more.
        start : int
            First cycle, 0 or more.

        Returns
        -------
        uint32 array of shape ``[n]``
        """
        n = check_integer("number of words", n, 0, 2**48)
        start = check_integer("start cycle", start, 0, 2**63 - 1)
        return self._words(n, (start + self.phase) % self.period)

    def delayed(self, cycles: int) -> Generator:
        """Return this generator delayed by `cycles` registers.

        The reset values of the registers are the words before the first one in the periodic
        sequence. The result is therefore the same generator with another `phase`.
        """
        cycles = check_integer("delay", cycles, 0, 2**63 - 1)
        return self.replace(phase=(self.phase - cycles) % self.period)

    def rotated(self, by: int) -> Generator:
        """Return this generator with every word rotated left by `by` bits."""
        return self.rotation(width=self.width, generator=self, by=by)

    @property
    def ports(self) -> tuple[Port, ...]:
        return (Port.output("word", self.width, meaning="word of this cycle"),)

    @property
    def generators(self) -> tuple[Generator, ...]:
        return (self,)

    def step(
        self, registers: dict[str, Any], words: Sequence[int], **inputs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        return registers, {"word": words[0]}

    def cycle_code(self, code, words, registers, inputs):
        return {"word": words[0]}, {}

    def _kernel(self, enable, words, inputs, registers, outputs) -> None:
        outputs["word"][:] = words[0][:, None]


def check_generator(name: str, value: Any, width: int | None = None) -> Generator:
    """Return `value` after a check that it is a generator of the given width.

    Parameters
    ----------
    name : str
        Beginning of the error message: ``"Integrator generator"``.
    value : Generator
    width : int, optional

    Raises
    ------
    TypeError
        If `value` is not a generator.
    ValueError
        If its width differs from `width`.
    """
    if not isinstance(value, Generator):
        raise TypeError(f"{name} must be a generator, not {shown(value)}")
    if width is not None and value.width != width:
        raise ValueError(f"{name} must have the width {width}, not {value.width}")
    return value


def check_different(name: str, one: Generator, other: Generator) -> None:
    """Raise a ValueError if two generators give the same sequence."""
    if same_sequence(one, other, min(one.period, 1 << 16)):
        raise ValueError(
            f"{name} needs two generators of different sequences, not {one!r} and {other!r}"
        )


def same_sequence(a: Generator, b: Generator, length: int) -> bool:
    """Return whether two generators give the same words over `length` cycles.

    The function compares words, not parameters.

    Raises
    ------
    TypeError
        If one of them is no generator.
    """
    check_generator("same_sequence first", a)
    check_generator("same_sequence second", b)
    length = check_integer("same_sequence length", length, 0, 1 << 48)
    if a == b:
        return True
    if a.width != b.width:
        return False
    # A short prefix distinguishes almost all pairs and saves the long sequences.
    return all(np.array_equal(a.words(n), b.words(n)) for n in (min(length, 16), length))
