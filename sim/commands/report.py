"""``goldstream report``: a folder's results as one page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from ..catalog import catalog
from .options import AsJson, Sources, load_sources

__all__ = ["report"]


def report(
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="DIR",
            help="Folder of the results; without it the page has the catalogue alone.",
        ),
    ] = None,
    out: Annotated[Path, typer.Option(help="The HTML file to write.")] = Path("report.html"),
    sources: Sources = None,
    as_json: AsJson = False,
) -> None:
    """Gather the results in a folder into one HTML page.

    The page needs no network and no other file. It has the catalogue and, as far as the folder
    and those in it hold them, cross-checks (the output of goldstream verify --json), studies
    (Parquet or CSV), synthesis (goldstream synth --json) and training runs. What is not there
    is left out, and the page says so.

    Example: goldstream report runs --out report.html
    """
    from ..report.evidence import gather
    from ..report.page import write_report

    load_sources(sources)
    evidence = gather(folder)
    write_report(out, catalog(), evidence, "" if folder is None else str(folder))
    counts = {
        "circuits": len(catalog()),
        "checks": len(evidence.checks),
        "studies": len(evidence.studies),
        "syntheses": len(evidence.synthesis),
        "runs": len(evidence.runs),
    }
    if as_json:
        print(json.dumps({"report": str(out), **counts}, indent=2))
        return
    print(f"{out}: {', '.join(f'{count} {name}' for name, count in counts.items())}")
