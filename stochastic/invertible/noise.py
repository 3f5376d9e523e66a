"""Noise of spin gates: one random sign a cycle, or none in a part of the cycles."""

from __future__ import annotations

import dataclasses

from fixedpoint.circuit import Parameters, check_integer

__all__ = ["LARGEST_WEIGHT", "Noise"]

LARGEST_WEIGHT = 2**15 - 1


@dataclasses.dataclass(frozen=True, kw_only=True)
class Noise(Parameters):
    """The random term that a spin gate adds to its field in each cycle.

    Parameters
    ----------
    weight : int
        The size of the term, n_rnd or w_rnd in the papers, 0..2^15 - 1.
    density : int
        Of 2^`density_bits` cycles, how many on average have noise, 1..2^density_bits.
    density_bits : int
        Random bits, beside the sign, that decide whether a cycle has noise, 0..8. With 0
        every cycle has: dense noise. Else the noise is sparse.

    Notes
    -----
    A gate reads the lowest ``1 + density_bits`` bits of its word. Bit 0 is the sign, 1 for
    +weight. The others, as a number, are compared: the cycle has noise where they are less
    than `density`.

    Sources: S. C. Smithson et al., "Efficient CMOS Invertible Logic Using Stochastic
    Computing", IEEE TCAS-I 66(6), 2019, for the random sign; N. Onizawa et al., "Sparse Random
    Signals for Fast Convergence on Invertible Logic", IEEE Access 9, 2021, for the density.

    Examples
    --------
    >>> noise = Noise(weight=6, density=1, density_bits=1)
    >>> [noise.value(word) for word in range(4)]
    [-6, 6, 0, 0]
    """

    weight: int
    density: int = 1
    density_bits: int = 0

    def __post_init__(self) -> None:
        bits = check_integer("Noise density_bits", self.density_bits, 0, 8)
        self._set(
            weight=check_integer("Noise weight", self.weight, 0, LARGEST_WEIGHT),
            density_bits=bits,
            density=check_integer("Noise density", self.density, 1, 1 << bits),
        )

    @property
    def bits(self) -> int:
        """Random bits a spin and cycle."""
        return 1 + self.density_bits

    def value(self, word: int) -> int:
        """Return the noise for one word: the reference."""
        if (word >> 1) & ((1 << self.density_bits) - 1) >= self.density:
            return 0
        return self.weight if word & 1 else -self.weight
