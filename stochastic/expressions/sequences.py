"""Sequences that are independent of each other, some of them from one generator."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import random
from collections.abc import Iterator, Sequence
from typing import Any

from fixedpoint.circuit import check_choice
from fixedpoint.circuit.checks import shown

from ..generators.generator import Generator, same_sequence
from ..generators.lfsr import Lfsr
from ..generators.permuted import Permuted
from ..generators.sobol import Sobol
from ..generators.xorshift32 import Xorshift32
from ..streams.independence import dependence

__all__ = ["FAMILIES", "SHARING", "WordSequence", "correlates", "sequences"]

FAMILIES = ("lfsr", "sobol", "xorshift")
SHARING = ("none", "rotation", "permutation", "delay")

# Orders of the bits that are tried.
TRIED = 64
LONGEST_DELAY = 32


@dataclasses.dataclass(frozen=True)
class WordSequence:
    """The words of a generator, in another order of their bits or later.

    Attributes
    ----------
    number : int
        Of the generator.
    base : Generator
    order : tuple of int, optional
        Bit i of the word is bit ``order[i]`` of the generator's.
    delay : int
        Cycles by which the stream is late.
    """

    number: int
    base: Generator
    order: tuple[int, ...] | None = None
    delay: int = 0

    @property
    def generator(self) -> Generator:
        """A generator with these words."""
        if self.order is not None:
            return Permuted(width=self.base.width, generator=self.base, order=self.order)
        return self.base.delayed(self.delay) if self.delay else self.base

    @property
    def words(self) -> Generator:
        """A generator with the words that the comparator sees, before any delay."""
        return dataclasses.replace(self, delay=0).generator

    @property
    def change(self) -> str:
        """What is done to the generator's words."""
        if self.order is not None:
            n = self.base.width
            if self.order == tuple((i + self.order[0]) % n for i in range(n)):
                return f"rotated by {-self.order[0] % n}"
            if self.order == tuple(range(n))[::-1]:
                return "bits reversed"
            return f"bits {' '.join(map(str, self.order))}"
        return f"{self.delay} cycles late" if self.delay else ""


def correlates(first: Generator, second: Generator) -> float:
    """Return by how much products of two sequences are off, or 0 where that is no excess.

    Over the longer of the two periods, at most 2^16 cycles. 1 stands for equal sequences.
    """
    length = min(max(first.period, second.period), 1 << 16)
    if same_sequence(first, second, length):
        return 1.0
    found = dependence(first, second, length)
    return found.error if found.excessive else 0.0


def sequences(
    count: int, width: int, family: str | Sequence[Generator], sharing: str
) -> list[WordSequence]:
    """Return sequences that are independent in pairs, of as few generators as that allows.

    Parameters
    ----------
    count : int
    width : int
        Bits of a word.
    family : {"lfsr", "sobol", "xorshift"}, or sequence of Generator
        Where the generators come from: LFSRs of different polynomials, the dimensions of
        the Sobol sequence, xorshift generators of different seeds, or these ones in order.
    sharing : {"none", "rotation", "permutation", "delay"}
        How one generator gives several sequences.

    Raises
    ------
    TypeError, ValueError
        If a choice is unknown, there are too few generators, or two of them correlate.
    """
    check_choice("compose sharing", sharing, SHARING)
    if isinstance(family, str):
        check_choice("compose generators", family, FAMILIES)
    else:
        family = _checked(family, width)
    bases = _bases(family, width)
    found: list[WordSequence] = []
    number = 0
    while len(found) < count:
        base = next(bases, None)
        if base is None:
            raise ValueError(
                f"compose needs {count} independent sequences, but the generators given make "
                f"{len(found)}"
            )
        found += _variants(number, base, sharing)[: count - len(found)]
        number += 1
    return found


def _checked(family: Any, width: int) -> tuple[Generator, ...]:
    given = tuple(family)
    for generator in given:
        if not isinstance(generator, Generator):
            raise TypeError(f"compose generators must be generators, not {shown(generator)}")
        if generator.width != width:
            raise ValueError(
                f"compose generators must have the width {width}, not {generator.width}"
            )
    return given


def _bases(family: str | tuple[Generator, ...], width: int) -> Iterator[Generator]:
    if not isinstance(family, str):
        yield from family
    elif family == "sobol":
        for dimension in range(1 << 10):
            yield Sobol(width=width, dimension=dimension)
    elif family == "xorshift":
        drawn = random.Random(width)
        while True:
            yield Xorshift32(width=width, seed=drawn.randrange(1, 1 << 32))
    else:
        yield from _lfsrs(width)


def _lfsrs(width: int) -> Iterator[Generator]:
    """Yield LFSRs of different polynomials, then of other phases.

    Phases of one polynomial are linear functions of each other: products of several such
    streams are far from the product of their values, even where every pair is independent.
    """
    chosen: list[Generator] = []
    polynomials = _primitive_taps(width)
    for turn in range(16):
        for number, taps in enumerate(polynomials):
            lfsr = Lfsr(
                width=width, taps=taps, form=("fibonacci", "galois")[(number + turn) % 2]
            )
            candidate = lfsr.replace(phase=turn * lfsr.period // 7)
            if not any(correlates(candidate, other) for other in chosen):
                chosen.append(candidate)
                yield candidate


@functools.lru_cache(maxsize=16)
def _primitive_taps(width: int) -> tuple[tuple[int, ...], ...]:
    """Return taps of primitive polynomials, at most 64, the default ones first."""
    found = [Lfsr(width=width).taps or ()]
    drawn = random.Random(width)
    for more in (1, 3, 5):
        chosen = list(itertools.combinations(range(1, width), more))
        drawn.shuffle(chosen)
        for inner in chosen[:256]:
            taps = (width, *sorted(inner, reverse=True))
            try:
                Lfsr(width=width, taps=taps)
            except ValueError:
                continue
            if taps not in found:
                found.append(taps)
    return tuple(found[:64])


@functools.lru_cache(maxsize=64)
def _variants(number: int, base: Generator, sharing: str) -> list[WordSequence]:
    """Return sequences of one generator that are independent in pairs."""
    n = base.width
    candidates: list[WordSequence] = []
    if sharing == "rotation":
        # The farthest rotations correlate least.
        for by in sorted(range(1, n), key=lambda r: abs(n - 2 * r)):
            order = tuple((i - by) % n for i in range(n))
            candidates.append(WordSequence(number, base, order))
    elif sharing == "permutation":
        drawn = random.Random(n)
        orders = [tuple(range(n))[::-1]]
        orders += [tuple(drawn.sample(range(n), n)) for _ in range(TRIED)]
        candidates = [WordSequence(number, base, order) for order in orders]
    elif sharing == "delay":
        candidates = [
            WordSequence(number, base, delay=delay) for delay in range(n, LONGEST_DELAY + 1, n)
        ]
    found = [WordSequence(number, base)]
    for candidate in candidates:
        if not any(correlates(candidate.generator, other.generator) for other in found):
            found.append(candidate)
    return found
