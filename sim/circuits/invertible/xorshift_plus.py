"""Catalogue entry of `xorshift_plus`."""

from __future__ import annotations

import numpy as np

from stochastic.invertible import XorshiftPlus

from ...entry import Entry, Expectation

__all__ = ["ENTRY"]


def recurrence(p, cycles, lanes, rng):
    """Expect the low bits of x1 + s1 of the published recurrence."""
    mask = 2**64 - 1
    s0, s1, x0, x1 = (p.state >> (64 * i) & mask for i in range(4))
    words = []
    for _ in range(p.phase % 4096 + cycles):
        words.append((x1 + s1) % (1 << p.width))
        s0, s1, x0, x1 = s1, x1, (s0 ^ s0 << 1) & mask, x0 ^ s1 ^ x0 >> 1 ^ s1 >> 54
    return Expectation(
        inputs={},
        measure=lambda outputs: outputs["word"],
        expected=np.array(words[-cycles:])[:, None],
        tolerance=0,
        source="the recurrence of the published Verilog in Python's integers",
    )


ENTRY = Entry(
    name="xorshift_plus",
    default=XorshiftPlus(width=8),
    edges=(
        XorshiftPlus(width=1, seed=0),
        XorshiftPlus(width=32, seed=2**63 - 1, phase=4095),
        XorshiftPlus(width=16, seed=5, phase=1),
    ),
    oracle=recurrence,
)
