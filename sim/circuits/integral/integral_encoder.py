"""Catalogue entry of `integral_encoder`."""

from __future__ import annotations

import numpy as np

from stochastic import Counter, IntegralEncoder, Lfsr, Sobol

from ...entry import Entry, Expectation

__all__ = ["ENTRY"]


def streams(p, cycles, lanes, rng):
    """Expect the comparisons of each beat's codes with the words, one beat after the other."""
    beats, width = 3, p.generator.width
    codes = rng.integers(0, (1 << width) + 1, (beats, lanes * p.group))
    total = beats * (p.length + 1)
    words = p.generator.words(p.length).astype(np.int64)
    return Expectation(
        inputs={
            "input_valid": np.ones((total, lanes), int),
            "codes": np.repeat(codes, p.length + 1, axis=0),
            "output_ready": np.ones((total, lanes), int),
        },
        measure=lambda outputs: outputs["bits"][outputs["output_valid"][:, 0] == 1],
        expected=np.concatenate([row > words[:, None] for row in codes]),
        tolerance=0,
        source="R_t < X in each of the N cycles behind a beat",
    )


ENTRY = Entry(
    name="integral_encoder",
    default=IntegralEncoder(generator=Lfsr(width=8, zero_state=True), group=4, length=64),
    edges=(
        IntegralEncoder(generator=Counter(width=1), group=1, length=2),
        IntegralEncoder(generator=Lfsr(width=3), group=2, length=9),
        IntegralEncoder(generator=Sobol(width=5, dimension=1), group=3, length=20),
    ),
    planted=IntegralEncoder(generator=Lfsr(width=3), group=2, length=6),
    oracle=streams,
)
