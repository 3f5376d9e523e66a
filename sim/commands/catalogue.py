"""``goldstream list`` and ``goldstream show``: what the catalogue has, as plain text."""

from __future__ import annotations

import inspect
import itertools
import json
import textwrap
from collections.abc import Iterator
from typing import Any

from fixedpoint.circuit import Circuit, Port

from ..catalog import catalog, file_of, find
from ..entry import Entry
from .given_parameters import Assignments, Given, given_parameters
from .options import AsJson, Name, Sources, load_sources

__all__ = ["describe", "list_circuits", "show_circuit"]

# Columns of a line, so that the text fits an ordinary terminal and a file alike.
WIDTH = 80


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
            print(_row(f"  {entry.name}", entry.default.summary, names))
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
    circuit = entry.default
    print(f"{entry.name}: {circuit.summary}\n")
    print("Ports")
    for port in circuit.interface:
        print(_row(f"  {port.name}", _port_text(port, circuit), 24))
    print(f"\nLatency: {circuit.latency} cycles")
    reset = circuit.describe()["reset"]
    if reset:
        print(f"Reset: {', '.join(f'{key} = {value}' for key, value in reset.items())}")
    print("\nDefault parameters" if given is None else "\nParameters given")
    for key, value in circuit.to_dict().items():
        if key != "type":
            print(_row(f"  {key}", json.dumps(value), 24))
    for title, text in _sections(circuit):
        print(f"\n{title}\n{textwrap.indent(text, '  ')}")


def _group(entry: Entry) -> str:
    """Return the heading of an entry: its family, or the file that it came from."""
    return entry.family if (file := file_of(entry)) is None else file.name


def _row(first: str, second: str, indent: int) -> str:
    """Return two columns, the second wrapped; a long first column has its own line."""
    lines = textwrap.wrap(second, WIDTH - indent, break_on_hyphens=False)
    if len(first) < indent and lines:
        lines[0] = f"{first:<{indent}}{lines[0]}"
        return "\n".join([lines[0], *(" " * indent + line for line in lines[1:])])
    return "\n".join([first, *(" " * indent + line for line in lines)])


def _port_text(port: Port, circuit: Circuit) -> str:
    if port not in circuit.ports:
        return {"clk": "clock", "rst": "synchronous reset", "enable": "0 freezes all state"}[
            port.name
        ]
    kind = "signed" if port.signed else "unsigned"
    bits = "1 bit" if port.width == 1 else f"{port.width} bits, {kind}"
    count = f"{port.count} elements of " if port.count > 1 else ""
    low, high = port.range
    return f"{'input' if port.direction == 'in' else 'output'}, {count}{bits}, {low}..{high}"


def _sections(circuit: Circuit) -> Iterator[tuple[str, str]]:
    """Yield the sections of the docstring that say what parameters and outputs mean."""
    lines = inspect.cleandoc(type(circuit).__doc__ or "").split("\n")
    starts = [i for i in range(len(lines) - 1) if lines[i] and set(lines[i + 1]) == {"-"}]
    for begin, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        if lines[begin] in ("Parameters", "Notes"):
            yield lines[begin], "\n".join(lines[begin + 2 : end]).strip()
