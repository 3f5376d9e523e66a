"""PCG64 of NumPy, in place of a true random source; software only."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from fixedpoint.circuit import check_integer

from .generator import Generator

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Pcg"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Pcg(Generator):
    """PCG64 of NumPy, in place of a true random source; it has no hardware.

    Word t is the `width` most significant bits of output t of ``numpy.random.PCG64(seed)``.

    Parameters
    ----------
    width : int
        Bits of a word, 1..32.
    phase : int
        Offset in the sequence of the word after reset.
    seed : int
        Seed of NumPy's `SeedSequence`, 0..2^128 - 1.

    References
    ----------
    M. E. O'Neill, "PCG: A family of simple fast space-efficient statistically good
    algorithms for random number generation", Harvey Mudd College, HMC-CS-2014-0905, 2014.

    Examples
    --------
    >>> import numpy as np
    >>> from stochastic import Pcg
    >>> int(Pcg(width=8, seed=7).words(1, start=3)[0])
    57
    >>> int(np.random.PCG64(7).random_raw(4)[3] >> 56)
    57
    """

    seed: int = 0

    PHASES: ClassVar[int] = 2**128

    def __post_init__(self) -> None:
        super().__post_init__()
        self._set(seed=check_integer("Pcg seed", self.seed, 0, 2**128 - 1))

    @property
    def period(self) -> int:
        return 2**128

    def _words(self, n: int, start: int) -> NDArray[np.uint32]:
        source = np.random.PCG64(self.seed).advance(start)
        return (source.random_raw(n) >> np.uint64(64 - self.width)).astype(np.uint32)
