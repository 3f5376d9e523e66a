"""``goldstream board``: a circuit's bitstream for a board, with a check from the host."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from ..catalog import find
from ..progress import progress_bar
from .given_parameters import Assignments, Given, given_parameters
from .options import AsJson, Name, Sources, load_sources

__all__ = ["board_circuit"]


def board_circuit(
    name: Name,
    board: Annotated[
        str, typer.Option(help="The board, such as icebreaker, ulx3s or ulx3s-25f.")
    ],
    out: Annotated[
        Path, typer.Option("--out", help="Directory for the files, created if missing.")
    ] = Path("."),
    parameters: Given = None,
    assignments: Assignments = None,
    sources: Sources = None,
    baud: Annotated[int, typer.Option(help="Rate of the UART in bits per second.")] = 115200,
    cycles: Annotated[
        int | None,
        typer.Option(
            help="Length of the golden vectors in cycles; by default as the circuit needs."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the random part of the stimulus.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Write a bitstream of a circuit behind a UART, and a program that checks the board.

    The files are NAME_BOARD.bit or .bin, its description NAME_BOARD.json, the golden vectors
    NAME_BOARD.vec, and NAME_BOARD_host.py, which sends them to the board and compares. It
    needs Python alone.

    Example: goldstream board addie --board icebreaker --out addie
    """
    from ..boards.board_files import emit_board

    load_sources(sources)
    entry = find(name)
    given = given_parameters(entry, parameters, assignments)
    with progress_bar(as_json) as bar:
        task = bar.add_task("starting", total=1.0)
        files, facts = emit_board(
            entry,
            out,
            board,
            parameters=given,
            baud=baud,
            cycles=cycles,
            seed=seed,
            progress=lambda stage, done: bar.update(task, description=stage, completed=done),
        )
    if as_json:
        paths = {role: str(path) for role, path in files.items()}
        print(json.dumps({**facts, "files": paths}, indent=2))
        return
    for path in files.values():
        print(path)
    print(
        f"{facts['board']}, {facts['device']}: {facts['cells']} of {facts['cells_of_device']} "
        f"logic cells, {facts['fmax_mhz']:g} MHz for a clock of {facts['clock_mhz']:g} MHz"
    )
