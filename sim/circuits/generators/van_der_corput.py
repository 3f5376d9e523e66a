"""Catalogue entry of `van_der_corput`."""

from __future__ import annotations

from stochastic import VanDerCorput

from ...entry import Entry
from ...oracles.generators import equidistribution

ENTRY = Entry(
    name="van_der_corput",
    default=VanDerCorput(width=8),
    edges=(
        VanDerCorput(width=1, phase=1),
        VanDerCorput(width=2, phase=3),
        VanDerCorput(width=16, phase=65000),
        VanDerCorput(width=32, phase=2**32 - 20),
    ),
    oracle=equidistribution,
)
