"""The report as one HTML page that needs nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from fixedpoint.circuit.files import writing
from fixedpoint.circuit.version import goldstream_version

from ..entry import Entry
from .evidence import Evidence
from .sections import sections

__all__ = ["report_page", "write_report"]


def report_page(entries: Sequence[Entry], evidence: Evidence, folder: str = "") -> str:
    """Return the report as HTML: the same text for the same results.

    Parameters
    ----------
    entries : sequence of Entry
        The catalogue.
    evidence : Evidence
    folder : str
        The folder of the results, which the page names.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup, escape

    environment = Environment(
        loader=PackageLoader("sim.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # A name may be broken behind an underscore.
    environment.filters["breakable"] = lambda text: escape(text).replace("_", Markup("_<wbr>"))
    files = resources.files("sim.report") / "templates"
    return environment.get_template("report.html").render(
        style=(files / "style.css").read_text(encoding="utf-8"),
        script=(files / "sort.js").read_text(encoding="utf-8"),
        sections=sections(entries, evidence),
        tiles=_tiles(entries, evidence),
        folder=folder,
        version=goldstream_version(),
    )


def write_report(
    path: Path, entries: Sequence[Entry], evidence: Evidence, folder: str = ""
) -> None:
    """Write the page to a file, as a whole or not at all.

    Raises
    ------
    ValueError
        If the file cannot be written.
    """
    page = report_page(entries, evidence, folder)
    with writing(path) as file:
        file.write(page)


def _tiles(entries: Sequence[Entry], evidence: Evidence) -> list[dict[str, Any]]:
    """Return the figures at the top of the page: of each a number, a name and a verdict."""
    tiles: list[dict[str, Any]] = [
        {"number": f"{len(entries):,}", "name": "circuits", "verdict": ""},
        {
            "number": f"{sum(len(entry.all) for entry in entries):,}",
            "name": "parameter sets",
            "verdict": "",
        },
    ]
    checks = evidence.checks
    if checks:
        wrong = sum(row["mismatches"] for row in checks)
        planted = sum(row["faults_planted"] for row in checks)
        caught = sum(row["faults_caught"] for row in checks)
        bits = sum(row["bits_compared"] for row in checks)
        tiles += [
            {"number": f"{bits:,}", "name": "output bits compared", "verdict": ""},
            {"number": f"{wrong:,}", "name": "mismatches", "verdict": _verdict(not wrong)},
            {
                "number": f"{caught:,} / {planted:,}",
                "name": "planted faults caught",
                "verdict": _verdict(caught == planted),
            },
        ]
    for part, name in (
        (evidence.studies, "studies"),
        (evidence.synthesis, "syntheses"),
        (evidence.runs, "training runs"),
    ):
        if part:
            tiles.append({"number": f"{len(part):,}", "name": name, "verdict": ""})
    return tiles


def _verdict(good: bool) -> str:
    return "good" if good else "bad"
