"""Base of the update circuits with saturating counters as weights."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from fixedpoint.circuit import check_choice, check_integer
from fixedpoint.update.base import PortElement, UpdateCircuit

from ..generators.equally_spaced import equally_spaced
from ..generators.generator import Generator

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["CounterUpdate", "symmetric_element"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class CounterUpdate(UpdateCircuit):
    """Base of the update circuits whose weights W are saturating counters.

    Each sample moves W by `rate` units. An update takes L = 2**k cycles. The unit of W is
    2**k times smaller than with one cycle, so that W has k more bits.
    """

    # A subclass defines fields of these names, and `decay_shift` and `rate_bits`.
    if TYPE_CHECKING:

        @property
        def momentum_bits(self) -> int: ...

        @property
        def weight_bits(self) -> int: ...

        @property
        def sharing(self) -> str: ...

    def _check_sizes(
        self, minimum_momentum_bits: int = 1, **other_ranges: tuple[int, int]
    ) -> None:
        """Check and store the fields that all these circuits have, except generators.

        Parameters
        ----------
        minimum_momentum_bits : int
        **other_ranges : (int, int)
            Inclusive ranges of further integer fields.
        """
        name = type(self).__name__
        cycles = check_integer(f"{name} cycles_per_step", self.cycles_per_step, 1, 1 << 16)
        if cycles & (cycles - 1):
            raise ValueError(f"{name} cycles_per_step must be a power of two, not {cycles}")
        ranges = {
            **other_ranges,
            "lanes": (1, 4096),
            "momentum_bits": (minimum_momentum_bits, 16),
            "weight_bits": (2, 32),
            "decay_shift": (0, 16),
            "rate_bits": (1, 24),
        }
        self._set(
            cycles_per_step=cycles,
            **{
                key: check_integer(f"{name} {key}", getattr(self, key), low, high)
                for key, (low, high) in ranges.items()
            },
        )
        check_choice(f"{name} sharing", self.sharing, ("rotation", "per-lane"))

    def _check_widths(self, generator: str) -> None:
        """Check that W has at most 32 bits and the named generator the width of C."""
        name, width = type(self).__name__, getattr(self, generator).width
        if self.weight_width > 32:
            raise ValueError(
                f"{name} weight_bits + log2(cycles_per_step) must be at most 32, "
                f"not {self.weight_width}"
            )
        if width != self.momentum_bits:
            raise ValueError(
                f"{name} {generator} must be {self.momentum_bits} bits wide, as "
                f"momentum_bits is, not {width}"
            )

    @property
    def weight_width(self) -> int:
        """Number of bits of W, including the sign."""
        return self.weight_bits + self.cycles_per_step.bit_length() - 1

    @property
    def weight_range(self) -> tuple[int, int]:
        """The smallest and the largest W."""
        return -(1 << (self.weight_width - 1)), (1 << (self.weight_width - 1)) - 1

    def lane_generators(self, generator: Generator) -> tuple[Generator, ...]:
        """Return the generators of the lanes: one that they share, or one for each.

        Those for each lane are copies of `generator` at phases ``period // lanes`` apart.
        """
        if self.sharing == "rotation":
            return (generator,)
        return equally_spaced(generator, self.lanes)

    def _lane_words(self, words: Sequence[int], lane: int) -> Sequence[int]:
        if self.sharing == "rotation":
            return super()._lane_words(words, lane)
        return words[lane :: self.lanes]

    def _step_codes(
        self, gradient, momentum, weight, rate, position
    ) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        # Gradient codes are exact in single precision, weight codes in double.
        g, c = gradient.astype(np.float32), momentum.astype(np.int32)
        w = weight.astype(np.float64)
        for part, cycles in self.slices(len(g)):
            self._step_slice(g[part], c[part], w[part], rate, position, cycles)
            position += cycles
        return c, w.astype(np.int64).astype(np.int32)

    def _step_slice(
        self,
        gradient: NDArray[np.float32],
        momentum: NDArray[np.int32],
        weight: NDArray[np.float64],
        rate: int,
        position: int,
        cycles: int,
    ) -> None:
        """Update the codes of a slice of a tensor in place, for `step_tensor`."""
        raise NotImplementedError


def symmetric_element(bits: int) -> PortElement:
    """Return the port element of the numbers -2^bits..2^bits, both ends included."""
    return PortElement(bits + 2, True, -(1 << bits), 1 << bits)
