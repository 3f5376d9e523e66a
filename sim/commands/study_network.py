"""``goldstream study network``: accuracy of a trained network against length and bits."""

from __future__ import annotations

import functools
import importlib
import json
import os
from pathlib import Path
from typing import Annotated, Any

import typer

from fixedpoint.circuit import check_integer

from ..progress import progress_bar
from .options import AsJson
from .study_grid import Jobs, Scheduler, numbers, shown_in, split

__all__ = ["network"]

# Settings of a study file, by the options of the command.
LISTS = (
    "lengths",
    "ranges",
    "widths",
    "generators",
    "encodings",
    "multipliers",
    "sets",
    "corrections",
)
SETTINGS = ("run", *LISTS, "seeds", "images", "data")


def network(
    out: Annotated[
        Path, typer.Option(help="Folder of the study; what it holds of it already is kept.")
    ],
    run: Annotated[
        Path | None,
        typer.Argument(metavar="RUN", help="Folder of a trained network."),
    ] = None,
    study: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="TOML file with the settings; options override it."),
    ] = None,
    lengths: Annotated[
        str | None,
        typer.Option(help="Cycles N of the streams, with commas; default 16,64,256."),
    ] = None,
    ranges: Annotated[
        str | None, typer.Option(help="Ranges m of integral streams, with commas; default 1.")
    ] = None,
    widths: Annotated[
        str | None,
        typer.Option(help="Bits of the generators, with commas; default as they convert."),
    ] = None,
    generators: Annotated[
        str | None, typer.Option(help="Generators: lfsr, sobol or both; default lfsr.")
    ] = None,
    encodings: Annotated[
        str | None, typer.Option(help="Encodings: sign-magnitude, bipolar or both.")
    ] = None,
    multipliers: Annotated[
        str | None,
        typer.Option(help="Multipliers: gate, conditional (uMUL) or both; default gate."),
    ] = None,
    sets: Annotated[
        str | None, typer.Option(help="Sets of generators that a sum takes; default 1.")
    ] = None,
    corrections: Annotated[
        str | None,
        typer.Option(help="Corrections after conversion: none, bias or both; default none."),
    ] = None,
    seeds: Annotated[
        int | None, typer.Option(help="How many seeds, for error bars over them; default 1.")
    ] = None,
    images: Annotated[
        int | None, typer.Option(help="How many test images at most; default 1000.")
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(help="Directory of the data set, if it is not part of the package."),
    ] = None,
    jobs: Jobs = None,
    scheduler: Scheduler = None,
    as_json: AsJson = False,
) -> None:
    """Measure the accuracy of a trained network on streams.

    RUN is a folder of ``goldstream train``, whose network is converted with stochastic
    products that are counted, or of a network on integral streams. The test accuracy is
    measured for each length, range, generator, encoding, multiplier and seed. Writes
    results.parquet and accuracy.png. A study that was interrupted continues where it was.

    Example: goldstream study network runs/vgg16 --generators lfsr,sobol --out lengths
    """
    from ..studies.execution import check_scheduler, run_study
    from ..studies.network_evaluation import (
        check_network,
        evaluate_network,
        kind_of,
        run_digest,
    )
    from ..studies.network_picture import draw_network
    from ..studies.network_study import NetworkStudy
    from ..studies.study import read_settings

    # A package that is missing is told of before the work.
    for package in ("matplotlib", "pyarrow", "torch"):
        importlib.import_module(package)
    settings = dict(read_settings(study, SETTINGS)) if study is not None else {}
    inside, its_data = settings.pop("run", None), settings.pop("data", None)
    folder = run or (Path(str(inside)) if inside is not None else None)
    if folder is None:
        raise ValueError("a study of a network needs the folder of its training run")
    directory = data or (Path(str(its_data)) if its_data is not None else None)
    given: dict[str, Any] = {
        name: numbers(name, text, int)
        for name, text in (
            ("lengths", lengths), ("ranges", ranges), ("widths", widths), ("sets", sets)
        )
    }  # fmt: skip
    given |= {"generators": split(generators), "encodings": split(encodings)}
    given |= {"multipliers": split(multipliers), "corrections": split(corrections)}
    given |= {"seeds": seeds, "images": images}
    settings |= {key: value for key, value in given.items() if value is not None}
    kind = kind_of(folder)
    chosen = NetworkStudy(kind=kind, digest=run_digest(folder), **settings)
    jobs = check_integer("jobs", jobs or len(os.sched_getaffinity(0)), 1, 1024)
    check_network(chosen, folder, directory)
    if scheduler is not None:
        check_scheduler(scheduler)
    with progress_bar(as_json) as bar:
        rows = run_study(
            out,
            chosen,
            functools.partial(
                evaluate_network,
                chosen,
                folder=folder.resolve(),
                data=None if directory is None else directory.resolve(),
            ),
            jobs=jobs,
            scheduler=scheduler,
            progress=shown_in(bar, f"study of {folder}"),
        )
    title = f"{rows[0]['network']}, {rows[0]['images']} images of {rows[0]['dataset']}"
    draw_network(out / "accuracy.png", rows, title)
    if as_json:
        print(json.dumps(rows, indent=2))
    else:
        _print(title, rows, out)


def _print(title: str, rows: list[dict[str, Any]], out: Path) -> None:
    from rich.console import Console
    from rich.table import Table

    from ..studies.lines import network_lines

    table = Table(title=title)
    table.add_column("")
    for heading in ("N", "m", "cycles", "bits", "seed", "accuracy (%)"):
        table.add_column(heading, justify="right", no_wrap=True)
    for label, own in network_lines(rows).items():
        for row in own:
            accuracy = f"{row['accuracy']:.2f} ± {row['accuracy_error']:.2f}"
            figures = [row[name] for name in ("length", "range", "cycles", "bits", "seed")]
            table.add_row(label, *map(str, figures), accuracy)
            label = ""
        table.add_section()
    console = Console(width=100)
    console.print(table)
    console.print(f"without streams: {rows[0]['float_accuracy']:.2f} %")
    console.print(f"{out / 'results.parquet'}, {out / 'accuracy.png'}")
