"""A workload from a VCD file: the ports of a circuit as a user's simulation shows them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fixedpoint.circuit import Circuit, Port
from fixedpoint.circuit.files import named

from ..tools import require
from .workload import Workload, run_model

__all__ = ["vcd_workload"]

SECONDS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9, "ps": 1e-12, "fs": 1e-15}


def vcd_workload(circuit: Circuit, path: Path, period: float) -> Workload:
    """Return what a VCD file shows of a circuit, with the golden model's outputs.

    The inputs are those before each rising edge of ``clk``, from the first one with reset on;
    without ``clk``, those at the end of each period.

    Parameters
    ----------
    circuit : Circuit
    path : pathlib.Path
        With variables named like the ports, all in one scope.
    period : float
        Nanoseconds of the clock cycle that the power is asked for.

    Raises
    ------
    ValueError
        If the file cannot be read, lacks a port, or has another clock period; or if an input
        is unknown.
    """
    require("vcd", "sim")
    names = [p.name for p in circuit.interface if p.direction == "in"]
    variables, unit = _variables(path, names)
    changes = list(_changes(path, {code: name for name, code in variables.items()}))
    clocked = circuit.sequential
    if clocked:
        edges = _rising_edges(changes)
        if len(edges) < 2:
            raise ValueError(f"{named(path)} has no two rising edges of clk")
        gaps = {b - a for a, b in itertools.pairwise(edges)}
        found = min(gaps) * unit * 1e9
        if len(gaps) > 1 or abs(found - period) > 1e-6 * period:
            raise ValueError(
                f"the clock of {named(path)} has a period of {found:g} ns"
                f"{' at least' if len(gaps) > 1 else ''}, and the power is asked for at "
                f"{period:g} ns: both must be the same"
            )
    else:
        last = changes[-1][0] if changes else 0
        step = period * 1e-9 / unit
        edges = [round((k + 1) * step) for k in range(int(last / step) + 1)]
    rows = _samples(changes, edges, names)
    widths = {p.name: p for p in circuit.ports}
    begin = 0
    if clocked:
        resets = [k for k, row in enumerate(rows) if row["rst"] == "1"]
        if not resets:
            raise ValueError(f"{named(path)} has no cycle with rst = 1, where power begins")
        begin = resets[0]
    rows = rows[begin:]
    if len(rows) < 3:
        raise ValueError(f"{named(path)} must show at least 3 cycles, not {len(rows)}")
    inputs = {name: _values(rows, name, widths[name], path) for name in names if name in widths}
    control = {
        name: np.array([row.get(name, default) == "1" for row in rows])
        for name, default in (("enable", "1"), ("rst", "0"))
    }
    text = f"{len(rows)} cycles of {path.name}"
    return run_model(circuit, inputs, control["enable"], control["rst"], 1, text)


def _variables(path: Path, names: list[str]) -> tuple[dict[str, str], float]:
    """Return the codes of the ports in the first scope that has all, and the time unit."""
    from vcd.reader import TokenKind

    scopes: list[dict[str, str]] = []
    stack: list[int] = []
    unit = 1e-9
    for token in _tokens(path):
        if token.kind is TokenKind.TIMESCALE:
            scale = token.timescale
            unit = scale.magnitude.value * SECONDS[scale.unit.value]
        elif token.kind is TokenKind.SCOPE:
            stack.append(len(scopes))
            scopes.append({})
        elif token.kind is TokenKind.UPSCOPE:
            if not stack:
                raise ValueError(f"{named(path)} is no VCD file: $upscope without $scope")
            stack.pop()
        elif token.kind is TokenKind.VAR and stack:
            scopes[stack[-1]][token.var.reference] = token.var.id_code
        elif token.kind is TokenKind.ENDDEFINITIONS:
            break
    for scope in scopes:
        if set(names) <= set(scope):
            return {name: scope[name] for name in names}, unit
    best = max(scopes, key=lambda scope: len(set(names) & set(scope)), default={})
    missing = next((name for name in names if name not in best), "")
    raise ValueError(f"{named(path)} has no scope with all inputs: {missing} is missing")


def _changes(path: Path, codes: dict[str, str]) -> Iterator[tuple[int, str, str]]:
    """Yield time, port and new value, as text of 0, 1, x and z, of each change."""
    from vcd.reader import TokenKind

    time = 0
    for token in _tokens(path):
        if token.kind is TokenKind.CHANGE_TIME:
            time = token.time_change
        elif token.kind is TokenKind.CHANGE_SCALAR:
            if token.scalar_change.id_code in codes:
                yield time, codes[token.scalar_change.id_code], token.scalar_change.value
        elif token.kind is TokenKind.CHANGE_VECTOR and token.vector_change.id_code in codes:
            value = token.vector_change.value
            text = f"{value:b}" if isinstance(value, int) else value
            yield time, codes[token.vector_change.id_code], text


def _tokens(path: Path) -> Iterator[Any]:
    """Yield the tokens of a VCD file, or raise a ValueError that says what is wrong with it."""
    from vcd.reader import VCDParseError, tokenize

    try:
        with path.open("rb") as file:
            yield from tokenize(file)
    except OSError as error:
        raise ValueError(f"file {named(path)} cannot be read: {error.strerror}") from None
    except VCDParseError as error:
        raise ValueError(f"{named(path)} is no VCD file: {error}") from None


def _rising_edges(changes: list[tuple[int, str, str]]) -> list[int]:
    before = "x"
    edges = []
    for time, name, value in changes:
        if name == "clk":
            if value == "1" and before == "0":
                edges.append(time)
            before = value
    return edges


def _samples(
    changes: list[tuple[int, str, str]], edges: list[int], names: list[str]
) -> list[dict[str, str]]:
    """Return what the ports show before each edge."""
    now = dict.fromkeys(names, "x")
    rows = []
    position = 0
    for edge in edges:
        while position < len(changes) and changes[position][0] < edge:
            _, name, value = changes[position]
            now[name] = value
            position += 1
        rows.append(dict(now))
    return rows


def _values(rows: list[dict[str, str]], name: str, port: Port, path: Path) -> NDArray[np.int64]:
    """Return the elements of a port in each cycle."""
    mask = (1 << port.width) - 1
    values = np.zeros((len(rows), port.count), np.int64)
    for cycle, row in enumerate(rows):
        text = row[name]
        if set(text) - {"0", "1"}:
            raise ValueError(f"input {name} is unknown in cycle {cycle} of {named(path)}")
        whole = int(text, 2)
        for element in range(port.count):
            value = whole >> element * port.width & mask
            if port.signed and value >> (port.width - 1):
                value -= 1 << port.width
            values[cycle, element] = value
    return port.check(values)
