"""Catalogue entry of `isolator`."""

from __future__ import annotations

from stochastic import Isolator

from ...entry import Entry
from ...oracles.delays import delayed
from ...oracles.laws import first

__all__ = ["ENTRY"]

ENTRY = Entry(
    name="isolator",
    default=Isolator(),
    edges=(Isolator(cycles=2), Isolator(cycles=32)),
    planted=Isolator(cycles=3),
    oracle=delayed,
    law=first,
)
