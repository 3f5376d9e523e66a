"""Rotated words of a generator: a second sequence that costs only wires."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, ClassVar

from fixedpoint.circuit import check_integer
from fixedpoint.circuit.checks import shown
from fixedpoint.circuit.rotation import rotated

from .generator import Generator

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Rotated"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Rotated(Generator):
    """The words of a generator rotated to the left: bit i becomes bit (i + by) mod width.

    In hardware the rotation costs no logic.

    Parameters
    ----------
    width : int
        Bits of a word: the generator's.
    phase : int
        Cycles of the inner generator that reset skips.
    generator : Generator
        The inner generator.
    by : int
        Bits to the left, 0..width - 1.

    Examples
    --------
    >>> from stochastic import Counter
    >>> Counter(width=3).rotated(1).words(8).tolist()
    [0, 2, 4, 6, 1, 3, 5, 7]
    """

    generator: Generator
    by: int

    PHASES: ClassVar[int] = 2**128

    def __post_init__(self) -> None:
        if not isinstance(self.generator, Generator):
            raise TypeError(
                f"Rotated generator must be a generator, not {shown(self.generator)}"
            )
        super().__post_init__()
        if self.width != self.generator.width:
            raise ValueError(
                f"Rotated width must be its generator's {self.generator.width}, "
                f"not {self.width}"
            )
        self._set(by=check_integer("Rotated by", self.by, 0, self.width - 1))

    @property
    def period(self) -> int:
        return self.generator.period

    def _words(self, n: int, start: int) -> NDArray[np.uint32]:
        return rotated(
            self.generator._words(n, (start + self.generator.phase) % self.period),
            self.by,
            self.width,
        )


# A base class cannot import what derives from it.
Generator.rotation = Rotated
