"""The catalogue of circuits."""

from __future__ import annotations

import functools
import importlib
import pkgutil
import re
from collections.abc import Iterable
from pathlib import Path

from fixedpoint.circuit import Circuit
from fixedpoint.circuit.checks import shown
from stochastic.circuit import Netlist

from . import circuits
from .entry import Entry

__all__ = ["built_in", "catalog", "entry_of", "file_of", "find", "register", "unregister"]

# Entries of users by name, each with the file that it came from, if any.
_registered: dict[str, tuple[Entry, Path | None]] = {}


def catalog() -> tuple[Entry, ...]:
    """Return the entries of all circuits, ordered by family and name, and registered ones."""
    return (*built_in(), *(entry for entry, _ in _registered.values()))


@functools.cache
def built_in() -> tuple[Entry, ...]:
    """Return the entries of the package.

    Each module ``sim/circuits/FAMILY/NAME.py`` defines one ``ENTRY``.
    """
    families = [name for _, name, _ in pkgutil.iter_modules(circuits.__path__)]
    return tuple(entry for family in families for entry in _entries(family))


def _entries(family: str) -> list[Entry]:
    package = importlib.import_module(f"{circuits.__name__}.{family}")
    names = [name for _, name, _ in pkgutil.iter_modules(package.__path__)]
    return [importlib.import_module(f"{package.__name__}.{name}").ENTRY for name in names]


def register(entry: Entry, *, file: Path | None = None) -> Entry:
    """Add a circuit of one's own to the catalogue.

    It then is a name for `sim.verify`, `sim.emit` and the other functions. The hardware is
    found if its class is decorated by `rtl.component`; a netlist needs none.

    Parameters
    ----------
    entry : Entry
    file : pathlib.Path, optional
        The file that defines it, which the command line can load again.

    Returns
    -------
    Entry
        `entry`.

    Raises
    ------
    TypeError
        If it is no entry.
    ValueError
        If its name is no Verilog identifier, or another circuit has it.
    """
    if not isinstance(entry, Entry):
        raise TypeError(f"a circuit is registered by its sim.Entry, not by {shown(entry)}")
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", entry.name):
        raise ValueError(f"a circuit's name must be a Verilog identifier, not {entry.name!r}")
    known = next((e for e in catalog() if e.name == entry.name), entry)
    if known is not entry and known != entry:
        raise ValueError(f"there is a circuit {entry.name} already: choose another name")
    _registered.setdefault(entry.name, (entry, file))
    return entry


def unregister(names: Iterable[str]) -> None:
    """Take registered circuits out of the catalogue."""
    for name in names:
        _registered.pop(name, None)


def file_of(entry: Entry) -> Path | None:
    """Return the file that defines a registered circuit, or None."""
    return _registered.get(entry.name, (entry, None))[1]


def find(name: str) -> Entry:
    """Return the entry called `name`.

    Raises
    ------
    ValueError
        If there is none; the message suggests similar names.
    """
    import difflib

    entries = {entry.name: entry for entry in catalog()}
    if name in entries:
        return entries[name]
    near = difflib.get_close_matches(name, entries, n=3)
    hint = f"; did you mean {' or '.join(near)}" if near else ""
    raise ValueError(f"there is no circuit {name!r} in the catalogue{hint}")


def entry_of(circuit: Circuit | Entry | str) -> Entry:
    """Return the entry that a name, an entry or parameters stand for.

    Parameters
    ----------
    circuit : str, Entry or Circuit
        For parameters, the entry that contains them or, failing that, the one named for their
        class is returned with them as its only set. A class without an entry gets a new one,
        with random stimulus and no oracle.

    Raises
    ------
    TypeError
        If it is something else.
    ValueError
        If there is no entry of that name.
    """
    if isinstance(circuit, Entry):
        return circuit
    if isinstance(circuit, str):
        return find(circuit)
    if not isinstance(circuit, Circuit):
        raise TypeError(f"a circuit is a name, an Entry or parameters, not {circuit!r}")
    entries = catalog()
    equal = (e for e in entries if circuit in (*e.all, e.planted))
    of_class = [e for e in entries if type(e.default) is type(circuit)]
    # Further entries of a class may be large networks, or have a stimulus of their own.
    of_class.sort(key=lambda e: e.name != type(circuit).__module__.rpartition(".")[2])
    entry = next(equal, None)
    if entry is None and not isinstance(circuit, Netlist):
        # Netlists have nothing in common with each other, not even the faults.
        entry = next(iter(of_class), None)
    if entry is not None:
        return entry.with_parameters(circuit)
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", type(circuit).__name__).lower()
    return Entry(name=name, default=circuit)
