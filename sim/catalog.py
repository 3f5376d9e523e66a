"""The catalogue: every circuit there is."""

from __future__ import annotations

from .circuits import (
    accumulating,
    arithmetic,
    bfloat16,
    converters,
    feedback,
    fixed_momentum_sgd,
    generators,
    gradient,
    quantizing,
    streaming,
    training,
    trees,
    weights,
)
from .entry import Entry

__all__ = ["catalog", "find"]


def catalog() -> tuple[Entry, ...]:
    """Return the entries of all circuits, by family."""
    return (
        *generators.ENTRIES,
        *converters.ENTRIES,
        *arithmetic.ENTRIES,
        *feedback.ENTRIES,
        *gradient.ENTRIES,
        *training.ENTRIES,
        *streaming.ENTRIES,
        *quantizing.ENTRIES,
        *accumulating.ENTRIES,
        *trees.ENTRIES,
        *fixed_momentum_sgd.ENTRIES,
        *bfloat16.ENTRIES,
        *weights.ENTRIES,
    )


def find(name: str) -> Entry:
    """Return the entry called `name`.

    Raises
    ------
    ValueError
        If there is none; the nearest names are offered.
    """
    import difflib

    entries = {entry.name: entry for entry in catalog()}
    if name in entries:
        return entries[name]
    near = difflib.get_close_matches(name, entries, n=3)
    hint = f"; did you mean {' or '.join(near)}" if near else ""
    raise ValueError(f"there is no circuit {name!r} in the catalogue{hint}")
