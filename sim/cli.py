"""The goldstream command."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path
from typing import Annotated, NoReturn

try:
    import typer
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table
except ModuleNotFoundError as missing:  # pragma: no cover
    sys.exit(f"goldstream needs {missing.name}: pip install 'goldstream[sim]'")

from .catalog import find
from .checks.cross_check import CYCLES, LANES
from .commands.catalogue import list_circuits, show_circuit
from .commands.factor import factor_number
from .commands.given_parameters import Assignments, Given, given_parameters
from .commands.infer import infer
from .commands.replay import replay_run
from .commands.solve import solve_file
from .commands.study import study
from .commands.train import train
from .entry import Entry
from .progress import progress_bar

__all__ = ["app", "main"]

app = typer.Typer(
    help="Bit-accurate stochastic circuits: golden models, Verilog, and their cross-check.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

app.command("list")(list_circuits)
app.command("show")(show_circuit)
app.command()(train)
app.command()(infer)
app.command("replay")(replay_run)
app.command("factor")(factor_number)
app.command("solve")(solve_file)
app.add_typer(study, name="study")

Names = Annotated[list[str] | None, typer.Argument(help="Circuits; all of them if none.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
Simulator = Annotated[str, typer.Option("--sim", help="verilator or icarus.")]


@app.command()
def emit(
    name: Annotated[str, typer.Argument(help="A circuit of the catalogue.")],
    out: Annotated[Path, typer.Option("--out", help="Directory for the files.")] = Path("."),
    parameters: Given = None,
    assignments: Assignments = None,
    cycles: Annotated[int, typer.Option(help="Length of the golden vectors.")] = 1024,
    seed: Annotated[int, typer.Option(help="Seed of their stimulus.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Write a circuit's Verilog with a self-checking bench that needs no Python."""
    from .checks.emission import emit as write

    entry = find(name)
    given = given_parameters(entry, parameters, assignments)
    with progress_bar(as_json) as bar:
        task = bar.add_task("starting", total=1.0)
        files = write(
            entry,
            out,
            parameters=given,
            cycles=cycles,
            seed=seed,
            progress=lambda stage, done: bar.update(task, description=stage, completed=done),
        )
    if as_json:
        print(json.dumps({role: str(path) for role, path in files.items()}, indent=2))
    else:
        for path in files.values():
            print(path)


@app.command()
def verify(
    names: Names = None,
    simulator: Simulator = "verilator",
    cycles: Annotated[int, typer.Option(help="Cycles of each set of parameters.")] = CYCLES,
    lanes: Annotated[int, typer.Option(help="Instances side by side.")] = LANES,
    seed: Annotated[int, typer.Option(help="Seed of the stimulus.")] = 1,
    faults: Annotated[int, typer.Option(help="Most faults planted in each circuit.")] = 12,
    parameters: Given = None,
    assignments: Assignments = None,
    waveforms: Annotated[
        Path, typer.Option(help="Directory for waveforms of mismatches.")
    ] = Path("waveforms"),
    as_json: AsJson = False,
) -> None:
    """Cross-check Verilog with the golden models, bit for bit, faults planted and caught."""
    from .checks.cross_check import verify_many

    circuits: list[Entry] | None = [find(name) for name in names] if names else None
    if parameters is not None or assignments:
        if circuits is None or len(circuits) != 1:
            option = "--set" if parameters is None else "--parameters"
            raise ValueError(f"{option} needs the name of one circuit")
        given = given_parameters(circuits[0], parameters, assignments)
        assert given is not None
        circuits = [circuits[0].with_parameters(given)]
    with progress_bar(as_json) as bar:
        task = bar.add_task("starting", total=1.0)
        results = verify_many(
            circuits,
            cycles=cycles,
            lanes=lanes,
            simulator=simulator,
            seed=seed,
            plant=faults,
            waveforms=waveforms,
            progress=lambda stage, done: bar.update(task, description=stage, completed=done),
        )
    if as_json:
        print(json.dumps([result.to_dict() for result in results], indent=2))
    else:
        _print_verifications(results)
    if not all(result.passed for result in results):
        raise typer.Exit(1)


def _print_verifications(results) -> None:
    table = Table(title=f"Cross-check on {results[0].simulator}" if results else None)
    for heading in ("circuit", "sets", "lane-cycles", "bits compared", "mismatches", "faults"):
        table.add_column(heading, justify="left" if heading == "circuit" else "right")
    for result in results:
        table.add_row(
            result.name,
            str(result.parameter_sets),
            f"{result.parameter_sets * result.cycles * result.lanes:,}",
            f"{result.bits_compared:,}",
            str(result.mismatches) if not result.mismatches else f"[red]{result.mismatches:,}",
            f"{result.faults_caught} of {result.faults_planted} caught",
        )
    console = Console()
    console.print(table)
    for result in results:
        if result.first is not None:
            console.print(str(result.first), highlight=False, markup=False, soft_wrap=True)
        for fault in result.missed:
            console.print(f"{result.name}: not caught: {fault}", markup=False, soft_wrap=True)


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Say which tools are there, and what to install for those that are not."""
    from .tools import examine

    found = examine()
    if as_json:
        print(json.dumps([dataclasses.asdict(tool) for tool in found], indent=2))
        return
    table = Table(title="Tools")
    for heading in ("tool", "needed for", "found", "to install"):
        table.add_column(heading)
    for tool in found:
        table.add_row(tool.name, tool.purpose, tool.found or "[red]no", escape(tool.install))
    Console().print(table)


def main() -> None:
    """Run the command; bad use is one sentence and exit 2."""
    try:
        app(prog_name="goldstream")
    except OSError as error:
        known = error.filename is not None and error.strerror is not None
        _refuse(f"{error.filename}: {error.strerror}" if known else str(error))
    except (ValueError, TypeError) as error:
        _refuse(str(error))
    except (MemoryError, RuntimeError) as error:
        # Torch has no class of its own for the memory of a CPU.
        if not isinstance(error, MemoryError) and "allocate memory" not in str(error):
            raise
        _refuse(f"there is not enough memory: {str(error) or 'ask for less at once'}")


def _refuse(sentence: str) -> NoReturn:
    print(f"goldstream: {sentence}", file=sys.stderr)
    sys.exit(2)


if __name__ == "__main__":
    main()
