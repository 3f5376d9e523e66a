"""Catalogue entry of `rotated`."""

from __future__ import annotations

from stochastic import Lfsr

from ...entry import Entry
from ...oracles.generators import maximal_sequence

ENTRY = Entry(
    name="rotated",
    default=Lfsr(width=8).rotated(3),
    edges=(
        Lfsr(width=3, zero_state=True).rotated(0),
        Lfsr(width=16, form="galois", phase=1000).rotated(15).replace(phase=70000),
        Lfsr(width=32, seed=2**32 - 1, phase=7).rotated(16),
    ),
    oracle=maximal_sequence,
)
