"""``goldstream list`` and ``goldstream show``: what the catalogue has, as plain text."""

from __future__ import annotations

import itertools
import json
from typing import Any

from ..catalog import catalog, file_of, find
from ..entry import Entry
from .circuit_text import circuit_text, row
from .given_parameters import Assignments, Given, given_parameters
from .options import AsJson, Name, Sources, load_sources

__all__ = ["describe", "list_circuits", "show_circuit"]


def describe(entry: Entry) -> dict[str, Any]:
    """Return an entry as JSON values."""
    return {
        "name": entry.name,
        "summary": entry.default.summary,
        **entry.default.describe(),
        "parameter_sets": len(entry.all),
    }


def list_circuits(sources: Sources = None, as_json: AsJson = False) -> None:
    """List every circuit of the catalogue, by family.

    Example: goldstream list --from my_circuits.py
    """
    load_sources(sources)
    if as_json:
        print(json.dumps([describe(entry) for entry in catalog()], indent=2))
        return
    names = max(len(entry.name) for entry in catalog()) + 4
    for family, entries in itertools.groupby(catalog(), _group):
        print(family)
        for entry in entries:
            print(row(f"  {entry.name}", entry.default.summary, names))
    print(f"\n{len(catalog())} circuits. `goldstream show NAME` tells more about one.")


def show_circuit(
    name: Name,
    parameters: Given = None,
    assignments: Assignments = None,
    sources: Sources = None,
    as_json: AsJson = False,
) -> None:
    """Show a circuit's parameters, ports, latency, reset state and law.

    Example: goldstream show addie --set width=6
    """
    load_sources(sources)
    entry = find(name)
    given = given_parameters(entry, parameters, assignments)
    if given is not None:
        entry = entry.with_parameters(given)
    if as_json:
        print(json.dumps(describe(entry), indent=2))
        return
    print(circuit_text(entry.name, entry.default))


def _group(entry: Entry) -> str:
    """Return the heading of an entry: its family, or the file that it came from."""
    return entry.family if (file := file_of(entry)) is None else file.name
