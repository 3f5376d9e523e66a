"""``goldstream replay``: simulate a run's recorded updates with the emitted Verilog."""

from __future__ import annotations

import csv
import dataclasses
import json
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from fixedpoint.circuit.files import writing

from ..progress import progress_bar

if TYPE_CHECKING:
    from stochastic.training import Record

    from ..checks.update_replay import Replayed

__all__ = ["replay_run", "replay_table", "select_records", "spreadsheet_cell"]

HEADINGS = ("step", "tensors", "parameters", "bits compared", "mismatches")


def select_records(
    records: Sequence[Record], layers: Sequence[str] = (), steps: Sequence[int] = ()
) -> list[Record]:
    """Return the records of the selected tensors and steps.

    Parameters
    ----------
    records : sequence of Record
    layers : sequence of str
        Patterns of tensors' names with ``*`` and ``?``. By default all tensors.
    steps : sequence of int
        Numbers of steps. By default all steps.

    Raises
    ------
    ValueError
        If a pattern matches no tensor or a step was not recorded. The message lists the
        tensors or steps.
    """
    names = list(dict.fromkeys(record.name for record in records))
    numbers = list(dict.fromkeys(record.step for record in records))
    for pattern in layers:
        if not any(fnmatchcase(name, pattern) for name in names):
            raise ValueError(f"no tensor is called {pattern!r}: there are {', '.join(names)}")
    for step in steps:
        if step not in numbers:
            known = ", ".join(map(str, numbers))
            raise ValueError(f"step {step} was not recorded: there are {known}")
    return [
        record
        for record in records
        if (not steps or record.step in steps)
        and (not layers or any(fnmatchcase(record.name, pattern) for pattern in layers))
    ]


def spreadsheet_cell(value: object) -> object:
    """Return a value for a CSV file; a spreadsheet must not take a name for a formula."""
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@")):
        return f"'{value}"
    return value


def replay_table(results: Sequence[Replayed], title: str) -> Table:
    """Return a table of the results, with a row for each step and one for all."""
    table = Table(title=title)
    for heading in HEADINGS:
        table.add_column(heading, justify="right")

    def add_row(label: str, results: Sequence[Replayed]) -> None:
        mismatches = sum(result.mismatches for result in results)
        table.add_row(
            label,
            str(len(results)),
            f"{sum(result.parameters for result in results):,}",
            f"{sum(result.bits_compared for result in results):,}",
            f"[red]{mismatches:,}" if mismatches else "0",
        )

    for step in dict.fromkeys(result.step for result in results):
        add_row(str(step), [result for result in results if result.step == step])
    table.add_section()
    add_row("all", results)
    return table


def replay_run(
    run: Annotated[
        Path, typer.Argument(help="Folder of a run that goldstream train has made.")
    ],
    simulator: Annotated[
        str, typer.Option("--sim", help="The simulator of the Verilog: verilator or icarus.")
    ] = "verilator",
    layers: Annotated[
        list[str] | None,
        typer.Option(help="Tensors by name, with * and ?; may be repeated; by default all."),
    ] = None,
    steps: Annotated[
        list[int] | None,
        typer.Option(help="A recorded step to replay; may be repeated; by default all."),
    ] = None,
    everything: Annotated[
        bool,
        typer.Option(
            "--all", help="Replay by a compiled library, which is faster for large networks."
        ),
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON for machines instead of text.")
    ] = False,
) -> None:
    """Simulate a run's recorded updates with the Verilog, and compare every bit.

    The recorded steps are simulated with the circuit's Verilog by cocotb or, with --all, for
    millions of parameters, by a library that Verilator compiles from it. The command writes
    replay.csv, with one line per tensor, and replay.json to the folder. The exit status is 1
    if a bit differs.

    Example: goldstream replay runs/resnet18 --layers "0.*"
    """
    from stochastic.training import load_records

    from ..checks.update_replay import Replayed, replay

    path = run / "records.npz"
    if not run.is_dir():
        raise ValueError(f"there is no run folder {run}")
    if not path.exists():
        raise ValueError(f"run folder {run} has no records.npz: train with --record STEP")
    circuit, records = load_records(path)
    selected = select_records(records, layers or (), steps or ())
    with progress_bar(as_json) as bar:
        task = bar.add_task("starting", total=1.0)
        results = replay(
            circuit,
            selected,
            simulator=simulator,
            path="library" if everything else "cocotb",
            progress=lambda stage, done: bar.update(task, description=stage, completed=done),
        )
    text = json.dumps([result.to_dict() for result in results], indent=2)
    with writing(run / "replay.json") as file:
        file.write(text + "\n")
    with writing(run / "replay.csv") as file:
        rows = csv.writer(file)
        rows.writerow([field.name for field in dataclasses.fields(Replayed)])
        rows.writerows(map(spreadsheet_cell, dataclasses.astuple(result)) for result in results)
    if as_json:
        print(text)
    else:
        console = Console()
        console.print(replay_table(results, f"{type(circuit).__name__} on {simulator}"))
        for first in [result.first for result in results if result.first is not None][:1]:
            console.print(first, highlight=False, markup=False, soft_wrap=True)
        console.print(f"Written to {run}: replay.csv, replay.json", soft_wrap=True)
    if any(result.mismatches for result in results):
        raise typer.Exit(1)
