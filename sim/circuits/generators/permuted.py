"""Catalogue entry of `permuted`."""

from __future__ import annotations

import numpy as np

from stochastic import Counter, Lfsr, Permuted

from ...entry import Entry, Expectation

__all__ = ["ENTRY"]


def bits_moved(p, cycles, lanes, rng) -> Expectation:
    """Expect every bit at its new place: the text of each word, letter by letter."""
    words = p.generator.words(cycles, p.phase).tolist()
    expected = []
    for word in words:
        bits = f"{word:0{p.width}b}"[::-1]
        expected.append(int("".join(bits[i] for i in p.order)[::-1], 2))
    return Expectation(
        inputs={},
        measure=lambda outputs: outputs["word"],
        expected=np.array(expected)[:, None],
        tolerance=0,
        source="bit i of the word is bit order[i] of the generator's word",
    )


ENTRY = Entry(
    name="permuted",
    default=Permuted(width=8, generator=Lfsr(width=8), order=(3, 7, 0, 5, 2, 6, 1, 4)),
    edges=(
        Permuted(width=1, generator=Counter(width=1), order=(0,)),
        Permuted(width=3, generator=Lfsr(width=3, zero_state=True), order=(2, 0, 1), phase=5),
        Permuted(
            width=32,
            generator=Lfsr(width=32, seed=2**32 - 1, phase=7),
            order=tuple(reversed(range(32))),
            phase=1000,
        ),
    ),
    oracle=bits_moved,
)
