"""The documentation's page of a circuit: everything on it follows from the catalogue."""

from __future__ import annotations

import dataclasses
import json
import re
import textwrap
from collections.abc import Iterable, Iterator
from typing import Any

from fixedpoint.circuit import Parameters, Port
from fixedpoint.circuit.docstrings import docstring, parameter_notes, sections

from ..entry import Entry
from .evidence import Evidence
from .figures import area_unit
from .study_figure import study_figure
from .study_tables import StudyTable
from .timing_diagram import CYCLES, wave_json, wave_svg

__all__ = ["circuit_page"]

# Units that are shorter than those of an axis.
UNITS = {"area_um2": "µm²"}


def circuit_page(entry: Entry, evidence: Evidence) -> str:
    """Return the page of a circuit in reStructuredText.

    Parameters
    ----------
    entry : Entry
    evidence : Evidence
        Cross-checks, synthesis and studies; what they have of the circuit is on the page, and
        the page says what is missing.

    Returns
    -------
    str
        Summary, parameters, ports, timing, law, evidence, and how to take the circuit away.
    """
    kind = type(entry.default)
    module = kind.__module__.split(".")[0]
    parts = [
        f"{entry.name}\n{'=' * len(entry.name)}",
        _introduction(kind),
        ".. rst-class:: circuit-facts\n\n"
        f":Class: :class:`~{kind.__module__}.{kind.__qualname__}` "
        f"(``from {module} import {kind.__name__}``)\n"
        f":Family: {entry.family}\n"
        f":Latency: {_cycles(entry.default.latency)}\n"
        f":Reset: {_reset(entry)}",
        _heading("Parameters")
        + _table(
            "parameters",
            ("name", "default", "type", "meaning"),
            _parameter_rows(entry.default, ""),
        ),
        _heading("Ports")
        + _table(
            "ports",
            ("name", "direction", "bits", "range", "meaning"),
            map(_port_row, entry.default.interface),
        ),
        _heading("Timing") + _timing(entry),
    ]
    found = sections(kind)
    if "Notes" in found:
        parts.append(_heading("Law") + found["Notes"])
    if "Examples" in found:
        parts.append(
            _heading("Example") + _indented(found["Examples"], ".. code-block:: pycon")
        )
    parts.append(_heading("Evidence") + "\n\n".join(_evidence(entry, evidence)))
    parts.append(_heading("Take it away") + _commands(entry))
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _heading(text: str) -> str:
    return f"{text}\n{'-' * len(text)}\n\n"


def _indented(text: str, directive: str) -> str:
    return f"{directive}\n\n{textwrap.indent(text, '   ')}"


def _introduction(kind: type) -> str:
    """Return the docstring up to its first section."""
    return re.split(r"\n\n?[^\n]+\n-{3,}\n", docstring(kind), maxsplit=1)[0].strip()


def _cycles(count: int) -> str:
    return (
        "0 cycles: outputs follow inputs"
        if not count
        else ("1 cycle" if count == 1 else f"{count} cycles")
    )


def _reset(entry: Entry) -> str:
    reset = entry.default.describe()["reset"]
    if not reset:
        return "none, the circuit has no state"
    words = [f"``{name}`` = {value}" for name, value in reset.items()]
    shown = words if len(words) <= 8 else [*words[:6], f"and {len(words) - 6} more"]
    return ", ".join(shown)


def _table(kind: str, headings: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a list-table; a cell is reStructuredText."""
    classes = f"   :class: circuit-table circuit-{kind}"
    lines = [".. list-table::", "   :header-rows: 1", classes, ""]
    cells = [list(headings), *(list(row) for row in rows)]
    if len(cells) == 1:
        return "None."
    for row in cells:
        for place, cell in enumerate(row):
            lines.append(f"   {'* -' if place == 0 else '  -'} {cell}".rstrip())
    return "\n".join(lines)


def _parameter_rows(parameters: Parameters, path: str) -> Iterator[tuple[str, ...]]:
    """Yield the rows of an object's fields, and of the objects in them."""
    notes = parameter_notes(type(parameters))
    for field in dataclasses.fields(parameters):
        value = getattr(parameters, field.name)
        nested = isinstance(value, Parameters)
        text = type(value).__name__ if nested else json.dumps(parameters.to_dict()[field.name])
        note = notes.get(field.name)
        yield (
            f"``{path}{field.name}``",
            f"``{_cut(text)}``",
            _literal_braces(note.type) if note else "",
            note.meaning if note else "",
        )
        if nested:
            yield from _parameter_rows(value, f"{path}{field.name}.")


def _cut(text: str, length: int = 60) -> str:
    return text if len(text) <= length else f"{text[:length]}..."


def _literal_braces(text: str) -> str:
    """Return the type of a parameter with its set of choices as a literal."""
    return re.sub(r"(\{[^}]*\})", r"``\1``", text)


def _port_row(port: Port) -> tuple[str, ...]:
    low, high = port.range
    bits = f"{port.count} × {port.width}" if port.count > 1 else str(port.width)
    direction = "input" if port.direction == "in" else "output"
    return f"``{port.name}``", direction, bits, f"{low} to {high}", port.meaning or ""


def _timing(entry: Entry) -> str:
    diagram = wave_json(entry)
    shortened = [p for p in entry.default.ports if p.count > 2]
    text = (
        f"The first {CYCLES} cycles of the golden model with its default parameters, which are "
        "those of the hardware."
    )
    if entry.default.sequential:
        text += " Outputs are unknown until the first reset."
    if shortened:
        text += " Of a port with several elements, two are shown."
    svg = f'<div class="timing" tabindex="0">{wave_svg(diagram)}</div>'
    return f"{text}\n\n{_indented(svg, '.. raw:: html')}"


def _evidence(entry: Entry, evidence: Evidence) -> Iterator[str]:
    """Yield paragraphs: cross-check, synthesis and studies, or what would make them."""
    missing = []
    check = evidence.checks_by_name().get(entry.name)
    if check is not None:
        sets = check.get("parameter_sets", len(entry.all))
        yield (
            f"``goldstream verify {entry.name}`` compared **{check['bits_compared']:,} output "
            f"bits** of {sets} parameter sets with the emitted Verilog: "
            f"**{check['mismatches']:,} mismatches**. Of {check['faults_planted']} faults "
            f"planted in the Verilog, {check['faults_caught']} were caught."
        )
    else:
        missing.append(f"cross-check: ``goldstream verify {entry.name}``")
    rows = [
        row for t in evidence.targets if (row := evidence.synthesis_by_name(t).get(entry.name))
    ]
    if rows:
        yield "Area, clock and power of the default parameters:"
        yield _table(
            "synthesis",
            ("target", "area", "flip-flops", "clock", "power", "energy"),
            map(_area_row, rows),
        )
    else:
        missing.append(f"synthesis: ``goldstream synth {entry.name}``")
    curves = list(_curves(entry.name, evidence.studies))
    for svg, command in curves:
        yield _indented(f'<div class="curve">{svg}</div>', ".. raw:: html")
        if command:
            yield f"``{command}`` made this figure."
    if not curves:
        missing.append(f"accuracy: ``goldstream study circuit {entry.name}``")
    if missing:
        yield "Not measured for this page:"
        yield "\n".join(f"- {text}" for text in missing)


def _area_row(row: dict[str, Any]) -> tuple[str, ...]:
    column, unit = area_unit([row])
    area, clock, power = row.get(column), row.get("fmax_mhz"), row.get("power_mw")
    return (
        row["target"],
        "" if area is None else f"{area:,.5g} {UNITS.get(column, unit)}",
        "" if row.get("ff") is None else f"{row['ff']:,}",
        "" if clock is None else f"{clock:,.0f} MHz" if clock >= 1000 else f"{clock:.4g} MHz",
        "" if power is None else _power(row),
        "" if row.get("energy_pj") is None else f"{row['energy_pj']:.3g} pJ a cycle",
    )


def _power(row: dict[str, Any]) -> str:
    """Return the power with the activity that it is of, where the result says so."""
    facts = [f"{row['period_ns']:g} ns a cycle"] if row.get("period_ns") else []
    facts += [row["workload"]] if row.get("workload") else []
    return f"{row['power_mw']:.3g} mW" + (f" ({', '.join(facts)})" if facts else "")


def _curves(name: str, studies: Iterable[StudyTable]) -> Iterator[tuple[str, str]]:
    """Yield the figures of the studies that have rows of a circuit."""
    for number, study in enumerate(studies):
        own = study.of_circuit(name)
        if own is not None and len(own.rows) > 1:
            svg = study_figure(f"study{number}", own)
            if svg is not None:
                yield svg, own.command


def _commands(entry: Entry) -> str:
    kind, name = type(entry.default), entry.name
    shell = f"$ goldstream emit {name} --out {name}\n$ goldstream verify {name}"
    python = (
        f"import rtl\nfrom {kind.__module__.split('.')[0]} import {kind.__name__}\n\n"
        f'verilog = rtl.to_verilog({kind.__name__}(...), name="{name}")'
    )
    return "\n\n".join(
        (
            "Verilog with a bench that any simulator runs, and the cross-check of both:",
            _indented(shell, ".. code-block:: console"),
            "With parameters of your own:",
            _indented(python, ".. code-block:: python"),
        )
    )
