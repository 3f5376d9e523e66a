"""The lines of a study's table and picture: rows that differ in length and seed alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .any_study import Rows

__all__ = ["circuit_lines", "drawn", "lines_of", "network_lines"]

# Lines that one picture has at most.
MOST_LINES = 12


def lines_of(rows: Rows, axes: Sequence[str], shown: Mapping[str, str]) -> dict[str, Rows]:
    """Return the rows of each line, by what the line differs in from the others.

    Parameters
    ----------
    rows : list of dict
    axes : sequence of str
        Columns that tell the lines apart. A line that is alone is named by the first of them
        that it has.
    shown : mapping of str to str
        How to write the values of some columns, such as ``{"range": "m = {}"}``.
    """
    found: dict[tuple[Any, ...], Rows] = {}
    for row in rows:
        found.setdefault(tuple(row[axis] for axis in axes), []).append(row)
    differing = [place for place in range(len(axes)) if len({key[place] for key in found}) > 1]
    if not differing:
        return {next(str(value) for value in key if value): own for key, own in found.items()}
    return {
        ", ".join(shown.get(axes[place], "{}").format(key[place]) for place in differing): own
        for key, own in found.items()
    }


def circuit_lines(rows: Rows) -> dict[str, Rows]:
    """Return the lines of a study of a circuit."""
    axes = ["generators", "output", "width", "encoding", "fault_rate"]
    shown = {"width": "{} bits", "fault_rate": "faults {}"}
    return lines_of(rows, axes, shown)


def network_lines(rows: Rows) -> dict[str, Rows]:
    """Return the lines of a study of a network.

    The width of the generators follows from the length, where it is not chosen. It tells lines
    apart only if one length has several.
    """
    axes = ["generator", "encoding", "multiplier", "sets", "correction", "range"]
    widths = {(row["length"], row["width"]) for row in rows}
    if len(widths) > len({length for length, _ in widths}):
        axes.append("width")
    shown = {
        "sets": "{} sets",
        "correction": "correction {}",
        "range": "m = {}",
        "width": "{} bits",
    }
    return lines_of(rows, axes, shown)


def drawn(lines: dict[str, Rows]) -> tuple[dict[str, Rows], str | None]:
    """Return the lines that a picture has room for, and a sentence if some are left out."""
    if len(lines) <= MOST_LINES:
        return lines, None
    left = f"{MOST_LINES} of {len(lines)} lines; results.parquet has all"
    return dict(list(lines.items())[:MOST_LINES]), left
