"""How much memory a cross-check takes, judged before any work."""

from __future__ import annotations

import os
from collections.abc import Iterable

from ..entry import Entry

__all__ = ["check_memory"]

# Stimulus and response as integers of the ports, as words of the buses and once more while
# one becomes the other; the golden model's outputs beside the simulator's.
COPIES = 3


def check_memory(entries: Iterable[Entry], cycles: int, lanes: int) -> None:
    """Raise a ValueError if the vectors of an entry exceed the memory of this machine.

    Parameters
    ----------
    entries : iterable of Entry
    cycles, lanes : int
        As for `sim.verify_many`.
    """
    memory = _memory()
    for entry in entries:
        for parameters in (entry.default, *entry.edges):
            values = sum(port.count for port in parameters.ports)
            needed = COPIES * 8 * cycles * lanes * values
            if memory is not None and needed > memory:
                raise ValueError(
                    f"{cycles} cycles of {lanes} lanes of {entry.name} take about "
                    f"{needed / 1e9:.1f} GB of memory, more than the {memory / 1e9:.1f} GB of "
                    "this machine: ask for fewer cycles or lanes"
                )


def _memory() -> int | None:
    """Return the bytes of memory that the system has, or None if it does not tell."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return None
