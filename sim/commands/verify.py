"""``goldstream verify``: Verilog, ours or the user's, against the golden models."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..catalog import find
from ..checks.run_length import CYCLES, LANES
from ..entry import Entry
from ..progress import progress_bar
from .given_parameters import Assignments, Given, given_parameters
from .options import AsJson, Simulator, Sources, complete_name, load_sources

if TYPE_CHECKING:
    from ..checks.verification import Verification

__all__ = ["verify_circuits"]


def verify_circuits(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            help="Circuits to check: by default the whole catalogue, or those of --from.",
            autocompletion=complete_name,
        ),
    ] = None,
    simulator: Simulator = "verilator",
    cycles: Annotated[
        int, typer.Option(help="Clock cycles of the stimulus of each set of parameters.")
    ] = CYCLES,
    lanes: Annotated[
        int, typer.Option(help="Instances side by side, each with its own stimulus.")
    ] = LANES,
    seed: Annotated[int, typer.Option(help="Seed of the random part of the stimulus.")] = 1,
    faults: Annotated[
        int, typer.Option(help="How many faults at most to plant in each circuit.")
    ] = 12,
    parameters: Given = None,
    assignments: Assignments = None,
    sources: Sources = None,
    verilog: Annotated[
        list[Path] | None,
        typer.Option(
            "--verilog",
            metavar="FILE",
            help="Verilog of your own to check in place of ours; may be repeated.",
        ),
    ] = None,
    top: Annotated[
        str | None,
        typer.Option(help="The module in it to check; by default the circuit's name."),
    ] = None,
    ports: Annotated[
        list[str] | None,
        typer.Option(
            "--port",
            metavar="OURS=THEIRS",
            help="A port of another name in it, such as rst=reset; rst=~rst_n if it is active "
            "at 0; enable= if there is none; 0=test to hold an input at 0. May be repeated.",
        ),
    ] = None,
    waveforms: Annotated[
        Path, typer.Option(help="Directory for waveforms of mismatches, as VCD files.")
    ] = Path("waveforms"),
    as_json: AsJson = False,
) -> None:
    """Cross-check Verilog with the golden models, bit for bit.

    Faults are planted in our Verilog, and each must be caught. With --verilog, your own
    Verilog is compared with the golden model of one circuit, by the same stimulus; the
    comparison begins after the first reset. The exit status is 1 if a bit differs or a fault
    was missed.

    Example: goldstream verify addie --verilog my_addie.v --top my_addie --port rst=reset
    """
    own = load_sources(sources)
    circuits: list[Entry] | None = [find(name) for name in names] if names else own or None
    single = next((text for text, given in (
        ("--verilog", verilog), ("--parameters", parameters), ("--set", assignments)
    ) if given), None)  # fmt: skip
    if single is not None and (circuits is None or len(circuits) != 1):
        raise ValueError(f"{single} needs the name of one circuit")
    if not verilog and (top is not None or ports):
        raise ValueError(f"{'--port' if top is None else '--top'} needs --verilog")
    if circuits is not None and single is not None:
        given = given_parameters(circuits[0], parameters, assignments)
        if given is not None:
            circuits = [circuits[0].with_parameters(given)]
    if verilog and circuits is not None:
        from ..checks.user_check import verify_verilog

        with progress_bar(as_json) as bar:
            bar.add_task(f"simulating {', '.join(map(str, verilog))}", total=None)
            results = [
                verify_verilog(
                    circuits[0],
                    verilog,
                    top or circuits[0].name,
                    ports=ports or (),
                    cycles=cycles,
                    lanes=lanes,
                    simulator=simulator,
                    seed=seed,
                    waveforms=waveforms,
                )
            ]
    else:
        from ..checks.cross_check import verify_many

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
                progress=lambda stage, done: bar.update(
                    task, description=stage, completed=done
                ),
            )
    if as_json:
        print(json.dumps([result.to_dict() for result in results], indent=2))
    else:
        _print_verifications(results)
    if not all(result.passed for result in results):
        raise typer.Exit(1)


def _print_verifications(results: Sequence[Verification]) -> None:
    """Print a line for each circuit, and what was not right; plain, for a file as well."""
    width = max(len(name) for name in ("circuit", *(r.name for r in results))) + 2
    print(f"{'circuit':<{width}}sets  bits compared  mismatches  faults caught")
    for result in results:
        faults = f"{result.faults_caught} of {result.faults_planted}"
        print(
            f"{result.name:<{width}}{result.parameter_sets:>4}  {result.bits_compared:>13,}  "
            f"{result.mismatches:>10,}  {faults if result.faults_planted else '-':>13}"
        )
    for result in results:
        if result.first is not None:
            print(result.first)
        for fault in result.missed:
            print(f"{result.name}: not caught: {fault}")
