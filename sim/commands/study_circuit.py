"""``goldstream study circuit``: accuracy of a circuit against length, generators and more."""

from __future__ import annotations

import functools
import importlib
import json
import os
from pathlib import Path
from typing import Annotated, Any

import typer

from fixedpoint.circuit import check_integer

from ..catalog import find
from ..progress import progress_bar
from .given_parameters import Assignments, Given, given_parameters
from .options import AsJson, Sources, complete_name, load_sources
from .study_grid import Jobs, Scheduler, numbers, shown_in, split, texts

__all__ = ["circuit"]

# Settings of a study file, by the options of the command.
LISTS = ("lengths", "generators", "widths", "encodings", "fault_rates")
SETTINGS = ("circuit", "from", "parameters", *LISTS, "inputs", "samples", "seeds")
# Samples of a circuit with a law, and of one that only its oracle tells about.
SAMPLES = {True: 1000, False: 32}
# Rows that are taken of a file of inputs: all, up to the most samples of a study.
ROWS = 10**7


def circuit(
    out: Annotated[
        Path, typer.Option(help="Folder of the study; what it holds of it already is kept.")
    ],
    name: Annotated[
        str | None,
        typer.Argument(
            help="A circuit of the catalogue, or of --from.", autocompletion=complete_name
        ),
    ] = None,
    study: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="TOML file with the settings; options override it."),
    ] = None,
    lengths: Annotated[
        str | None,
        typer.Option(help="Stream lengths, with commas; default 16 to 1024."),
    ] = None,
    generators: Annotated[
        str | None,
        typer.Option(
            help="What makes the streams: lfsr, sobol, halton, van-der-corput, counter, "
            "xorshift, random; lfsr+sobol for two streams; sobol#0+sobol#0 for one sequence. "
            "Several with commas between; default lfsr."
        ),
    ] = None,
    widths: Annotated[
        str | None, typer.Option(help="Bits of the generators, with commas; default 8.")
    ] = None,
    encodings: Annotated[
        str | None,
        typer.Option(help="Of streams, with commas: unipolar, bipolar, sign-magnitude."),
    ] = None,
    fault_rates: Annotated[
        str | None,
        typer.Option(help="Chances of an input bit to be inverted, with commas; default 0."),
    ] = None,
    inputs: Annotated[
        str | None,
        typer.Option(
            help="Values of the inputs: random, grid, or a CSV or Parquet file with a column "
            "for each port; default random."
        ),
    ] = None,
    samples: Annotated[
        int | None,
        typer.Option(
            help="Sets of input values; default 1000, all of a file, or 32 lanes of an oracle."
        ),
    ] = None,
    seeds: Annotated[
        int | None, typer.Option(help="How many seeds, for error bars over them; default 1.")
    ] = None,
    parameters: Given = None,
    assignments: Assignments = None,
    sources: Sources = None,
    jobs: Jobs = None,
    scheduler: Scheduler = None,
    as_json: AsJson = False,
) -> None:
    """Measure the accuracy of a circuit on streams against the function that it computes.

    Bias, RMS error, worst case, percentiles and correlation for each length, set of
    generators, width, encoding, fault rate and seed. Writes results.parquet and rmse.png. A
    study that was interrupted continues where it was.

    Example: goldstream study circuit multiplier --generators lfsr,sobol --out study
    """
    from ..studies.evaluation import check_circuit, evaluate, has_law
    from ..studies.execution import check_scheduler, run_study
    from ..studies.picture import draw_errors
    from ..studies.study import Study, digest_of, read_settings

    # A package that is missing is told of before the work.
    for package in ("matplotlib", "pyarrow"):
        importlib.import_module(package)
    settings = dict(read_settings(study, SETTINGS)) if study is not None else {}
    paths = [Path(p) for p in texts("from", settings.pop("from", []))] + list(sources or ())
    load_sources(paths)
    name = name or settings.pop("circuit", None)
    settings.pop("circuit", None)
    if not isinstance(name, str):
        raise ValueError("a study needs the name of a circuit: `goldstream list` names them")
    entry = find(name)
    inside = settings.pop("parameters", None)
    if parameters is None and inside is not None:
        parameters = json.dumps(inside)
    chosen = given_parameters(entry, parameters, assignments) or entry.default
    entry = entry.with_parameters(chosen)
    given: dict[str, Any] = {"lengths": numbers("lengths", lengths, int)}
    given |= {"generators": split(generators)}
    given |= {"widths": numbers("widths", widths, int), "encodings": split(encodings)}
    given |= {"fault_rates": numbers("fault-rates", fault_rates, float)}
    given |= {"inputs": inputs, "samples": samples, "seeds": seeds}
    settings |= {key: value for key, value in given.items() if value is not None}
    values = str(settings.get("inputs", "random"))
    read = [Path(values)] if values not in ("random", "grid") and Path(values).is_file() else []
    settings.setdefault("samples", ROWS if read else SAMPLES[has_law(entry)])
    settings["digest"] = digest_of([*paths, *read])
    chosen_study = Study(circuit=name, parameters=chosen.to_json(), **settings)
    jobs = check_integer("jobs", jobs or len(os.sched_getaffinity(0)), 1, 1024)
    check_circuit(chosen_study)
    if scheduler is not None:
        check_scheduler(scheduler)

    files = [str(path.resolve()) for path in paths]
    with progress_bar(as_json) as bar:
        rows = run_study(
            out,
            chosen_study,
            functools.partial(evaluate, chosen_study, sources=files),
            jobs=jobs,
            scheduler=scheduler,
            progress=shown_in(bar, f"study of {name}"),
        )
    draw_errors(out / "rmse.png", rows, f"{name}, {rows[0]['samples']} sets of values")
    if as_json:
        print(json.dumps(rows, indent=2))
    else:
        _print(name, rows, out)


def _print(name: str, rows: list[dict[str, Any]], out: Path) -> None:
    from rich.console import Console
    from rich.table import Table

    from ..studies.lines import circuit_lines

    table = Table(title=f"{name}, {rows[0]['samples']} sets of values")
    table.add_column("")
    headings = ("N", "bias", "RMS error", "90 %", "worst", "SCC", "binomial", "bound")
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    for label, own in circuit_lines(rows).items():
        for row in own:
            table.add_row(
                label,
                str(row["length"]),
                f"{row['bias']:.4f}",
                f"{row['rmse']:.4f} ± {row['rmse_error']:.4f}",
                *(
                    "" if row[column] is None else f"{row[column]:.4f}"
                    for column in ("p90", "worst", "scc", "binomial_rmse", "discrepancy_bound")
                ),
            )
            label = ""
        table.add_section()
    console = Console(width=110)
    console.print(table)
    if rows[0]["in_tolerance"] is not None:
        console.print(f"against the oracle: {rows[0]['source']}")
    console.print(f"{out / 'results.parquet'}, {out / 'rmse.png'}")
