"""What the update circuits share whose weights are counters that samples move."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from fixedpoint.circuit import check_choice, check_integer
from fixedpoint.kernels.compiled import compiled
from fixedpoint.update.base import PortElement, UpdateCircuit

from ..generators.generator import Generator

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["CounterUpdate", "own_word", "sampled", "spread", "symmetric"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class CounterUpdate(UpdateCircuit):
    """An update circuit whose weights are saturating counters, moved `rate` units a sample.

    An update takes L = 2**k cycles, and the unit of a weight is 2**-k as large as with one:
    so W has k bits more.
    """

    # A subclass has fields of these names, and of decay_shift and rate_bits.
    if TYPE_CHECKING:

        @property
        def momentum_bits(self) -> int: ...

        @property
        def weight_bits(self) -> int: ...

        @property
        def sharing(self) -> str: ...

    def _set_sizes(self, least_momentum_bits: int = 1, **further: tuple[int, int]) -> None:
        """Check and store the fields that all these circuits have, but for generators.

        Further ones are integers too, in the ranges that are given.
        """
        name = type(self).__name__
        cycles = check_integer(f"{name} cycles_per_step", self.cycles_per_step, 1, 1 << 16)
        if cycles & (cycles - 1):
            raise ValueError(f"{name} cycles_per_step must be a power of two, not {cycles}")
        ranges = {
            **further,
            "lanes": (1, 4096),
            "momentum_bits": (least_momentum_bits, 16),
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
        """Raise a ValueError if W is too wide, or unless C and its generator are alike."""
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
        """Bits of W, sign included."""
        return self.weight_bits + self.cycles_per_step.bit_length() - 1

    @property
    def weight_range(self) -> tuple[int, int]:
        """The smallest and the largest W."""
        return -(1 << (self.weight_width - 1)), (1 << (self.weight_width - 1)) - 1

    def lane_generators(self, generator: Generator) -> tuple[Generator, ...]:
        """Return the generators behind the lanes: the shared one, or each lane's own.

        The lanes' own are the given one at phases ``period // lanes`` apart.
        """
        return (generator,) if self.sharing == "rotation" else spread(generator, self.lanes)

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
            self._step_piece(g[part], c[part], w[part], rate, position, cycles)
            position += cycles
        return c, w.astype(np.int64).astype(np.int32)

    def _step_piece(
        self,
        gradient: NDArray[np.float32],
        momentum: NDArray[np.int32],
        weight: NDArray[np.float64],
        rate: int,
        position: int,
        cycles: int,
    ) -> None:
        """Update the codes of a piece of a tensor in place, for `step_tensor`."""
        raise NotImplementedError


def symmetric(bits: int) -> PortElement:
    """Return the numbers from -2^bits to 2^bits, both ends included."""
    return PortElement(bits + 2, True, -(1 << bits), 1 << bits)


def spread(generator: Generator, count: int) -> tuple[Generator, ...]:
    """Return so many copies of a generator, at phases ``period // count`` apart."""
    spacing = generator.period // count
    return tuple(
        generator.replace(phase=(generator.phase + i * spacing) % generator.period)
        for i in range(count)
    )


def sampled(value: int, word: int) -> int:
    """Return the sign of a value where the word is below its magnitude, else 0."""
    return (word < value) - (word < -value)


@compiled
def own_word(words, cycle, lane, width):
    """Return the word that a lane sees: its own, or the shared one rotated."""
    if words.shape[1] > 1:
        return np.int64(words[cycle, lane])
    word = np.int64(words[cycle, 0])
    by = lane % width
    return ((word << by) | (word >> (width - by))) & ((1 << width) - 1)
