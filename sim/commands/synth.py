"""``goldstream synth``: area, clock and power of circuits."""

from __future__ import annotations

import functools
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..catalog import find
from ..entry import Entry
from ..progress import progress_bar
from .given_parameters import Assignments, Given, given_parameters
from .options import AsJson, Sources, complete_name, load_sources

if TYPE_CHECKING:
    from ..synthesis import Figures

__all__ = ["synthesize_circuits"]


def synthesize_circuits(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            help="Circuits to synthesize: by default the whole catalogue, or those of --from.",
            autocompletion=complete_name,
        ),
    ] = None,
    target: Annotated[
        str,
        typer.Option(
            help="FPGAs: ecp5, ice40, gowin, or xilinx7, synthesis only. LUTs of no device: "
            "lut4. Standard cells: osu018, or generic for gate equivalents."
        ),
    ] = "ecp5",
    parameters: Given = None,
    assignments: Assignments = None,
    sources: Sources = None,
    period: Annotated[
        float, typer.Option(metavar="NS", help="Period of the clock, for the power.")
    ] = 10.0,
    cycles: Annotated[
        int, typer.Option(help="Cycles of stimulus in which transitions are counted.")
    ] = 1024,
    seed: Annotated[int, typer.Option(help="Seed of the stimulus.")] = 1,
    activity: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="A VCD file of the circuit's ports at work, in place of the stimulus; for "
            "standard cells.",
        ),
    ] = None,
    limit: Annotated[
        float,
        typer.Option(metavar="SECONDS", help="Processor time of each tool on one circuit."),
    ] = 600.0,
    out: Annotated[
        Path | None,
        typer.Option(help="Directory for the table, and for netlists and activities."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Find area, clock and power of circuits on an FPGA or in standard cells.

    Power comes from the transitions of every net of the mapped netlist, which is simulated
    with the circuit's stimulus and compared with the golden model. --out writes the table as
    synth_TARGET.csv, all facts as synth_TARGET.json and, for standard cells, NAME_TARGET.v and
    NAME_TARGET_activity.csv.
    What a tool does not reach within its limit is left out, and a note says so.

    Example: goldstream synth addie --set width=6 --target osu018
    """
    from fixedpoint.circuit.files import check_directory, writing

    from ..synthesis import synthesize_many, write_table
    from ..synthesis.vcd_workload import vcd_workload

    own = load_sources(sources)
    circuits: list[Entry] | None = [find(name) for name in names] if names else own or None
    single = next((text for text, given in (
        ("--activity", activity), ("--parameters", parameters), ("--set", assignments)
    ) if given), None)  # fmt: skip
    if single is not None and (circuits is None or len(circuits) != 1):
        raise ValueError(f"{single} needs the name of one circuit")
    if circuits is not None and single is not None:
        given = given_parameters(circuits[0], parameters, assignments)
        if given is not None:
            circuits = [circuits[0].with_parameters(given)]
    if out is not None:
        # It is made when there are results, but what it lies in must be there.
        check_directory(next(p for p in (out, *out.absolute().parents) if p.exists()))
    shown = None
    if activity is not None:
        shown = functools.partial(vcd_workload, path=activity, period=period)
    with progress_bar(as_json) as bar:
        task = bar.add_task("starting", total=1.0)
        results = synthesize_many(
            circuits,
            target,
            period=period,
            cycles=cycles,
            seed=seed,
            limit=limit,
            workload=shown,
            progress=lambda stage, done: bar.update(task, description=stage, completed=done),
        )
    figures = [row for row, _ in results]
    if out is not None:
        check_directory(out)
        write_table(out / f"synth_{target}.csv", figures)
        with writing(out / f"synth_{target}.json") as file:
            file.write(json.dumps([row.to_dict() for row in figures], indent=1) + "\n")
        for row, folder in results:
            for made, name in (("netlist.v", ".v"), ("activity.csv", "_activity.csv")):
                if (folder / made).exists():
                    shutil.copyfile(folder / made, out / f"{row.name}_{target}{name}")
    if as_json:
        print(json.dumps([row.to_dict() for row in figures], indent=2))
    else:
        _print_figures(figures, target)
    failed = [row.name for row in figures if row.failed]
    if failed:
        raise ValueError(
            f"{len(failed)} of {len(figures)} circuits failed: {', '.join(failed)}"
        )


# Column, format, and the figure; a column without figures is left out.
COLUMNS = (
    ("LUT", ",", "lut"),
    ("FF", ",", "ff"),
    ("carry", ",", "carry"),
    ("DSP", ",", "dsp"),
    ("BRAM", ",", "bram"),
    ("GE", ",.1f", "gate_equivalents"),
    ("um2", ",.0f", "area_um2"),
    ("MHz", ",.1f", "fmax_mhz"),
    ("mW", ".4g", "power_mw"),
    ("pJ/cycle", ".4g", "energy_pj"),
    ("toggles/cycle", ",.2f", "toggles_per_cycle"),
)


def _print_figures(figures: Sequence[Figures], target: str) -> None:
    """Print a line for each circuit, then what the figures are."""
    from ..synthesis import TARGETS

    shown = [
        (title, form, key)
        for title, form, key in COLUMNS
        if any(getattr(row, key) is not None for row in figures)
    ]
    rows = [["circuit", *(title for title, *_ in shown)]]
    for row in figures:
        values = [(getattr(row, key), form) for _, form, key in shown]
        rows.append([row.name, *("-" if v is None else format(v, f) for v, f in values)])
    widths = [max(len(line[i]) for line in rows) for i in range(len(rows[0]))]
    notes = ["", *(row.note for row in figures)]
    for line, note in zip(rows, notes, strict=True):
        cells = [f"{line[0]:<{widths[0]}}"]
        cells += [f"{text:>{width}}" for text, width in zip(line[1:], widths[1:], strict=True)]
        print("  ".join([*cells, note]).rstrip())
    print(f"{TARGETS[target].process}; {TARGETS[target].note}")
    powered = [row for row in figures if row.power_mw is not None]
    if powered:
        print(f"power at a clock period of {powered[0].period_ns:g} ns, without wires")
    workloads = {row.workload for row in figures if row.workload}
    for text in sorted(workloads)[:3]:
        print(f"transitions counted in {text}")
