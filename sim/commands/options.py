"""Options and arguments that several commands share."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from ..catalog import catalog
from ..circuit_files import load_circuits
from ..entry import Entry

__all__ = ["AsJson", "Name", "Simulator", "Sources", "complete_name", "load_sources"]


def complete_name(context: typer.Context, incomplete: str) -> list[str]:
    """Return the circuits whose names begin as the word on the command line does."""
    # The command itself says what is wrong with a file.
    with contextlib.suppress(ValueError):
        load_sources(context.params.get("sources"))
    return [entry.name for entry in catalog() if entry.name.startswith(incomplete)]


def load_sources(sources: Sequence[Path] | None) -> list[Entry]:
    """Load files of circuits, and return the circuits in them."""
    return [entry for path in sources or () for entry in load_circuits(path)]


AsJson = Annotated[
    bool, typer.Option("--json", help="Print JSON for machines instead of text.")
]
Name = Annotated[
    str,
    typer.Argument(
        help="A circuit of the catalogue; `goldstream list` names them.",
        autocompletion=complete_name,
    ),
]
Simulator = Annotated[
    str, typer.Option("--sim", help="The simulator of the Verilog: verilator or icarus.")
]
Sources = Annotated[
    list[Path] | None,
    typer.Option(
        "--from",
        metavar="FILE",
        help="A Python file with circuits of your own; may be repeated.",
    ),
]
