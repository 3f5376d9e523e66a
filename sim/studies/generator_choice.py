"""Generators of a study's input streams, by name."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from stochastic import Counter, Halton, Pcg, VanDerCorput
from stochastic.expressions.sequences import sequences
from stochastic.generators.generator import Generator, same_sequence

__all__ = ["KINDS", "generators_named"]

KINDS = ("lfsr", "sobol", "halton", "van-der-corput", "counter", "xorshift", "random")
PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47)
ONE = re.compile(r"([a-z-]+)(?:#([0-9]{1,3}))?")


def generators_named(
    text: str, count: int, width: int, seed: int, taken: Sequence[Generator] = ()
) -> list[Generator]:
    """Return the generators of some streams.

    Parameters
    ----------
    text : str
        As `Study.generators` has it.
    count : int
        Number of streams.
    width : int
    seed : int
        1 for sequences from their beginning, others for other parts of them.
    taken : sequence of Generator
        Those of the circuit itself, whose sequences no stream gets but by its number.

    Raises
    ------
    ValueError
        If a kind is unknown, or has too few sequences.
    """
    parts = [ONE.fullmatch(part) for part in text.split("+")]
    if not all(parts):
        raise ValueError(
            f"generators must be kinds joined by +, such as lfsr+sobol#2, not {text!r}"
        )
    used: dict[str, int] = {}
    found = []
    for stream in range(count):
        kind, number = parts[stream % len(parts)].groups()  # type: ignore[union-attr]
        if number is not None:
            found.append(_nth(kind, int(number), width, seed))
            continue
        while True:
            generator = _nth(kind, used.get(kind, 0), width, seed)
            used[kind] = used.get(kind, 0) + 1
            if not any(same_sequence(generator, other, 1 << 12) for other in taken):
                break
        found.append(generator)
    return found


def _nth(kind: str, number: int, width: int, seed: int) -> Generator:
    """Return sequence `number` of a kind; equal numbers give equal sequences."""
    generator: Generator
    if kind == "random":
        return Pcg(width=width, seed=1000 * seed + number)
    if kind in ("lfsr", "sobol", "xorshift"):
        generator = sequences(number + 1, width, kind, "none")[number].base
    elif kind == "halton":
        if number >= len(PRIMES):
            raise ValueError(f"there are {len(PRIMES)} sequences of halton, not {number + 1}")
        generator = Halton(width=width, base=PRIMES[number])
    elif kind in ("van-der-corput", "counter"):
        if number:
            raise ValueError(f"there is one sequence of {kind}, not {number + 1}: join kinds")
        generator = (Counter if kind == "counter" else VanDerCorput)(width=width)
    else:
        raise ValueError(f"a generator must be one of {', '.join(KINDS)}, not {kind!r}")
    if seed == 1:
        return generator
    drawn = np.random.default_rng([seed, number]).integers(min(generator.period, 2**62))
    return generator.delayed(int(drawn) + 1)
