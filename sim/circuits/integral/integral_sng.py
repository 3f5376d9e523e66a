"""Catalogue entry of `integral_sng`."""

from __future__ import annotations

import numpy as np

from stochastic import Counter, IntegralSng, Lfsr, Sobol

from ...entry import Entry, Expectation

__all__ = ["ENTRY"]


def total(p, cycles, lanes, rng):
    """Expect the sum of the integers over a common period, in closed form."""
    period = int(np.lcm.reduce([g.period for g in p.generators]))
    n = p.generators[0].width
    code = rng.integers(0, (1 << n) + 1, lanes)
    # Over a period of words 1..2^n - 1 an LFSR is below X in X - 1 cycles, for X over 0.
    ones = 0
    for g in p.generators:
        full = g.period == 1 << n
        ones = ones + period // g.period * (code if full else np.maximum(code - 1, 0))
    expected = 2 * ones - p.range * period if p.encoding == "bipolar" else ones
    return Expectation(
        inputs={"code": np.tile(code, (period, 1))},
        measure=lambda outputs: outputs["value"].sum(axis=0),
        expected=expected,
        tolerance=0,
        source="X of 2^n words are below X, X - 1 of 2^n - 1 without the word 0",
    )


def sources(count, width):
    """Return LFSRs of different phases."""
    spacing = ((1 << width) - 1) // count
    return tuple(Lfsr(width=width, phase=i * spacing) for i in range(count))


ENTRY = Entry(
    name="integral_sng",
    default=IntegralSng(stream_generators=sources(4, 8)),
    edges=(
        IntegralSng(stream_generators=(Counter(width=1),)),
        IntegralSng(stream_generators=(Counter(width=1),), encoding="bipolar"),
        IntegralSng(stream_generators=sources(3, 5), encoding="bipolar"),
        IntegralSng(stream_generators=tuple(Sobol(width=6, dimension=d) for d in range(8))),
        IntegralSng(stream_generators=(Counter(width=4), Lfsr(width=4)), encoding="bipolar"),
    ),
    planted=IntegralSng(
        stream_generators=(Lfsr(width=3), Counter(width=3), Counter(width=3, direction="down")),
        encoding="bipolar",
    ),
    oracle=total,
)
