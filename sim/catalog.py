"""The catalogue: every circuit there is."""

from __future__ import annotations

import functools
import importlib
import pkgutil

from . import circuits
from .entry import Entry

__all__ = ["catalog", "find"]


@functools.cache
def catalog() -> tuple[Entry, ...]:
    """Return the entries of all circuits, by family and name.

    A module ``sim/circuits/FAMILY/NAME.py`` has one ``ENTRY``.
    """
    families = [name for _, name, _ in pkgutil.iter_modules(circuits.__path__)]
    return tuple(entry for family in families for entry in _entries(family))


def _entries(family: str) -> list[Entry]:
    package = importlib.import_module(f"{circuits.__name__}.{family}")
    names = [name for _, name, _ in pkgutil.iter_modules(package.__path__)]
    return [importlib.import_module(f"{package.__name__}.{name}").ENTRY for name in names]


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
