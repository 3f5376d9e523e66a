"""The comment with which emitted Verilog begins: what the circuit is and how to use it."""

from __future__ import annotations

import functools
import hashlib
import json
import textwrap
from collections.abc import Iterator, Sequence
from importlib import metadata
from typing import Any

from fixedpoint.circuit import Circuit, Port

__all__ = ["verilog_header", "wrapper_header"]

WIDTH = 96
LICENCE = "SPDX-License-Identifier: BSD-2-Clause"
COPYRIGHT = "Copyright (c) 2026, the goldstream authors"

# Longer values, such as the weights of a network, are in the JSON of the parameters alone.
MOST_CHARACTERS = 400


def verilog_header(parameters: Circuit, name: str, body: str) -> str:
    """Return the comment above a circuit's Verilog; all of its lines begin with ``//``.

    Parameters
    ----------
    parameters : Circuit
    name : str
        The name of the top module.
    body : str
        The Verilog without the comment. No line of it begins with ``//``, so that
        ``grep -v '^//' NAME.v | sha256sum`` gives the digest that the comment states.
    """
    lines = [*_wrapped("", f"{name}: {parameters.summary}"), "", *_parameter_lines(parameters)]
    lines += ["", "Ports"]
    for port in parameters.interface:
        lines += _port_lines(port)
    lines += ["", f"Latency: {_cycles(parameters.latency)} from an input to an output."]
    lines += _wrapped("", _reset_text(parameters))
    return _commented([*lines, *_end_lines(body)])


def wrapper_header(
    parameters: Circuit, name: str, summary: str, notes: Sequence[str], body: str
) -> str:
    """Return the comment above the Verilog of a circuit behind a bus.

    Parameters
    ----------
    parameters : Circuit
        Of the circuit inside.
    name : str
        The name of the top module.
    summary : str
        What the wrapper is.
    notes : sequence of str
        How its ports are used, a line or paragraph each.
    body : str
        As for `verilog_header`.
    """
    lines = [*_wrapped("", f"{name}: {summary}"), ""]
    lines += [*_wrapped("", f"Inside: {parameters.summary}"), *_parameter_lines(parameters), ""]
    for note in notes:
        lines += _wrapped("  " if note.startswith("  ") else "", note.strip())
    return _commented([*lines, *_end_lines(body)])


def _parameter_lines(parameters: Circuit) -> list[str]:
    lines = [f"Parameters of {type(parameters).__name__}"]
    settings = list(_settings(parameters.to_dict()))
    for key, value in settings or [("none", "")]:
        lines += _wrapped("  ", f"{key} = {value}" if value else key)
    return lines


def _end_lines(body: str) -> list[str]:
    return [
        "",
        f"Written by goldstream {_version()}. {COPYRIGHT}.",
        LICENCE,
        "SHA-256 of all lines that do not begin with two slashes:",
        f"  {hashlib.sha256(body.encode()).hexdigest()}",
    ]


def _commented(lines: Sequence[str]) -> str:
    return "".join(f"// {line}".rstrip() + "\n" for line in lines)


def _wrapped(indent: str, text: str) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH - 3,
        initial_indent=indent,
        subsequent_indent=indent + "    ",
        break_on_hyphens=False,
    )


def _settings(values: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield the parameters one by one, those of nested objects with a dot."""
    for key, value in values.items():
        if isinstance(value, dict):
            yield f"{prefix}{key}", value["type"]
            yield from _settings(value, f"{prefix}{key}.")
        elif key != "type" and value is not None:
            text = json.dumps(value)
            if len(text) > MOST_CHARACTERS:
                text = f"a list of {len(value)} entries, {len(text)} characters of JSON"
            yield f"{prefix}{key}", text


def _port_lines(port: Port) -> list[str]:
    kind = "signed" if port.signed else "unsigned"
    low, high = port.range
    size = "1 bit" if port.width == 1 else f"{port.width} bits, {kind}, {low}..{high}"
    size = size if port.count == 1 else f"{port.count} elements of {size}"
    flow = "input" if port.direction == "in" else "output"
    meaning = f": {port.meaning}" if port.meaning else ""
    lines = _wrapped("  ", f"{port.name}, {flow}, {size}{meaning}")
    if port.count > 1:
        part = "i" if port.width == 1 else f"i*{port.width} +: {port.width}"
        lines.append(f"      element i is {port.name}[{part}]")
    return lines


def _cycles(count: int) -> str:
    return "1 cycle" if count == 1 else f"{count} cycles"


def _reset_text(parameters: Circuit) -> str:
    if not parameters.sequential:
        return "The circuit has no state."
    reset = parameters.describe()["reset"]
    text = ", ".join(f"{key} = {value}" for key, value in reset.items())
    return f"After reset, and at the start of a simulation: {text}."


@functools.cache
def _version() -> str:
    try:
        return metadata.version("goldstream")
    except metadata.PackageNotFoundError:
        return "without a version"
