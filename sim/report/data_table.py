"""Tables of the report: columns of text and of numbers, which a reader can sort."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

__all__ = ["Cell", "DataTable", "data_table"]

# A text of more characters is no name.
SENTENCE = 32


@dataclasses.dataclass(frozen=True)
class Cell:
    """A cell: its text, and the value by which it sorts.

    Attributes
    ----------
    text : str
    value : str
        The number with all its digits, or the text.
    number : bool
    """

    text: str
    value: str
    number: bool


@dataclasses.dataclass(frozen=True)
class DataTable:
    """A table of a section.

    Attributes
    ----------
    caption : str
    headings : tuple of str
    numeric : tuple of bool
        Which columns hold numbers.
    wordy : tuple of bool
        Which columns hold sentences.
    rows : list of list of Cell
    """

    caption: str
    headings: tuple[str, ...]
    numeric: tuple[bool, ...]
    wordy: tuple[bool, ...]
    rows: list[list[Cell]]


def data_table(
    caption: str, headings: Iterable[str], rows: Iterable[Iterable[Any]]
) -> DataTable:
    """Return a table without the columns that are empty in all rows."""
    cells = [[_cell(value) for value in row] for row in rows]
    titles = tuple(headings)
    kept = [c for c in range(len(titles)) if c == 0 or any(row[c].text for row in cells)]
    cells = [[row[c] for c in kept] for row in cells]
    numeric = tuple(
        any(row[c].number for row in cells)
        and all(row[c].number or not row[c].text for row in cells)
        for c in range(len(kept))
    )
    wordy = tuple(any(len(row[c].text) > SENTENCE for row in cells) for c in range(len(kept)))
    return DataTable(caption, tuple(titles[c] for c in kept), numeric, wordy, cells)


def _cell(value: Any) -> Cell:
    if value is None:
        return Cell("", "", False)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return Cell(str(value), str(value), False)
    if isinstance(value, int):
        return Cell(f"{value:,}", str(value), True)
    return Cell(_short(value), repr(value), True)


def _short(value: float) -> str:
    """Return a number with four significant digits."""
    if value != value:
        return ""
    if value and (abs(value) < 1e-3 or abs(value) >= 1e7):
        return f"{value:.3e}"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.4g}"
