"""A circuit as text of 80 columns: parameters, ports, latency, reset state and law."""

from __future__ import annotations

import dataclasses
import json
import re
import textwrap
from collections.abc import Iterator
from typing import Any

from fixedpoint.circuit import Circuit, Parameters, Port
from fixedpoint.circuit.docstrings import parameter_notes, sections

__all__ = ["WIDTH", "circuit_text", "row"]

# Columns of a line, so that the text fits an ordinary terminal and a file alike.
WIDTH = 80
INDENT = 24


def circuit_text(name: str, circuit: Circuit) -> str:
    """Return all that `goldstream show` tells of a circuit.

    Parameters
    ----------
    name : str
        Of the catalogue entry.
    circuit : Circuit

    Returns
    -------
    str
        Plain text. Nothing is cut off. A nested parameter has the path that ``--set`` takes.
    """
    blocks = ["\n".join(_wrapped(f"{name}: {circuit.summary}", ""))]
    parameters = "\n".join(_parameter_rows(circuit, ""))
    blocks.append(f"Parameters of {type(circuit).__name__}\n{parameters or '  none'}")
    ports = "\n".join(row(f"  {port.name}", _port_text(port)) for port in circuit.interface)
    blocks.append(f"Ports\n{ports}")
    count = circuit.latency
    latency = f"Latency: {count} {'cycle' if count == 1 else 'cycles'}"
    reset = ", ".join(f"{key} = {value}" for key, value in circuit.describe()["reset"].items())
    blocks.append("\n".join([latency, *(_wrapped(f"Reset: {reset}", "") if reset else [])]))
    law = sections(type(circuit)).get("Notes")
    if law:
        blocks.append("Law\n" + "\n".join(_reflowed(law)))
    return "\n\n".join(blocks)


def row(first: str, second: str, indent: int = INDENT) -> str:
    """Return two columns, the second wrapped; a long first column has its own line."""
    lines = textwrap.wrap(second, WIDTH - indent, break_on_hyphens=False)
    if len(first) < indent and lines:
        lines[0] = f"{first:<{indent}}{lines[0]}"
        return "\n".join([lines[0], *(" " * indent + line for line in lines[1:])])
    return "\n".join([first, *(" " * indent + line for line in lines)])


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent + "  ",
        break_on_hyphens=False,
    )


def _parameter_rows(parameters: Parameters, path: str) -> Iterator[str]:
    """Yield the rows of an object's fields, and of the objects in them."""
    notes = parameter_notes(type(parameters))
    for field in dataclasses.fields(parameters):
        value = getattr(parameters, field.name)
        note = notes.get(field.name)
        nested = isinstance(value, Parameters)
        shown = type(value).__name__ if nested else _json(parameters, field.name)
        words = [note.type if note else "", _default(field)]
        text = ", ".join(word for word in words if word) + (
            f". {note.meaning}" if note and note.meaning else ""
        )
        first = f"  {path}{field.name} = {shown}"
        if len(first) > WIDTH:
            yield row(f"  {path}{field.name}", f"= {shown}")
            first = ""
        yield row(first, text).removeprefix("\n")
        if nested:
            yield from _parameter_rows(value, f"{path}{field.name}.")


def _json(parameters: Parameters, name: str) -> str:
    return json.dumps(parameters.to_dict()[name])


def _default(field: dataclasses.Field[Any]) -> str:
    if field.default is dataclasses.MISSING:
        return "required"
    if isinstance(field.default, Parameters):
        return f"default {type(field.default).__name__}"
    value = getattr(field.default, "value", field.default)
    return "" if value is None else f"default {json.dumps(value)}"


def _port_text(port: Port) -> str:
    kind = "signed" if port.signed else "unsigned"
    low, high = port.range
    bits = "1 bit" if port.width == 1 else f"{port.width} bits, {kind}, {low}..{high}"
    count = f"{port.count} elements of " if port.count > 1 else ""
    text = f"{'input' if port.direction == 'in' else 'output'}, {count}{bits}"
    return f"{text}: {port.meaning}" if port.meaning else text


def _reflowed(text: str) -> Iterator[str]:
    """Yield the lines of a docstring's section: paragraphs wrapped, formulas as they are."""
    for number, block in enumerate(re.split(r"\n\s*\n", text)):
        if number:
            yield ""
        lines = block.split("\n")
        if any(line.startswith(" ") for line in lines) and not lines[0].startswith("- "):
            yield from (f"  {line}" for line in lines)
            continue
        for item in re.split(r"\n(?=- )", block):
            yield from (
                _wrapped(" ".join(item.split()), "  ")
                if item.startswith("- ")
                else (
                    textwrap.wrap(
                        " ".join(item.split()),
                        WIDTH,
                        initial_indent="  ",
                        subsequent_indent="  ",
                        break_on_hyphens=False,
                        break_long_words=False,
                    )
                )
            )
