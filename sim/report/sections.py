"""Sections of the report: tables, figures, and the commands that repeat them."""

from __future__ import annotations

import dataclasses
import itertools
import shlex
from collections.abc import Sequence
from typing import Any

from ..entry import Entry
from .data_table import DataTable, data_table
from .evidence import Evidence
from .figures import area_unit, bits_by_family, clock_by_area, run_curves
from .study_figure import study_figure
from .study_tables import CIRCUIT, StudyTable
from .training_runs import TrainingRun

__all__ = ["Figure", "Section", "sections"]


@dataclasses.dataclass(frozen=True)
class Figure:
    """A figure: SVG, caption, and the command that repeats it."""

    svg: str
    caption: str
    command: str


@dataclasses.dataclass(frozen=True)
class Section:
    """A section of the page.

    Attributes
    ----------
    name, title, text : str
    tables : list of DataTable
    figures : list of Figure
    commands : list of str
        What made the tables.
    missing : str
        The command that would fill a section that has nothing to show, or "".
    """

    name: str
    title: str
    text: str = ""
    tables: list[DataTable] = dataclasses.field(default_factory=list)
    figures: list[Figure] = dataclasses.field(default_factory=list)
    commands: list[str] = dataclasses.field(default_factory=list)
    missing: str = ""


def sections(entries: Sequence[Entry], evidence: Evidence) -> list[Section]:
    """Return all sections of a report."""
    return [
        _catalogue(entries, evidence),
        _checks(entries, evidence.checks),
        _studies(evidence.studies),
        _synthesis(evidence),
        _runs(evidence.runs),
    ]


def _catalogue(entries: Sequence[Entry], evidence: Evidence) -> Section:
    checks = evidence.checks_by_name()
    target = next(iter(evidence.targets), "")
    areas = evidence.synthesis_by_name(target)
    column, unit = area_unit(list(areas.values()))

    def row(entry: Entry) -> list[Any]:
        check, area = checks.get(entry.name, {}), areas.get(entry.name, {})
        ports = entry.default.ports
        return [
            entry.name,
            entry.family,
            entry.default.summary,
            *(sum(p.width * p.count for p in ports if p.direction == d) for d in ("in", "out")),
            entry.default.latency,
            len(entry.all),
            check.get("bits_compared"),
            area.get(column),
            area.get("fmax_mhz"),
        ]

    headings = (
        *("circuit", "family", "what it is", "input bits", "output bits", "latency"),
        *("parameter sets", "bits compared", f"{unit} ({target})", f"MHz ({target})"),
    )
    table = data_table("Circuits", headings, map(row, entries))
    text = (
        "Bits of the ports and latency in cycles are those of the default parameters. "
        "All parameter sets are cross-checked."
    )
    return Section("catalogue", "Catalogue", text, [table], commands=["goldstream list"])


def _checks(entries: Sequence[Entry], checks: list[dict[str, Any]]) -> Section:
    name, title, command = "checks", "Cross-checks", "goldstream verify --json > verify.json"
    if not checks:
        return Section(name, title, missing=command)
    families = {entry.name: entry.family for entry in entries}
    rows = [
        [
            r["name"],
            families.get(r["name"]),
            *(r.get(k) for k in ("parameter_sets", "simulator", "cycles", "lanes")),
            *(r[k] for k in ("bits_compared", "mismatches", "faults_planted", "faults_caught")),
            r.get("seconds"),
        ]
        for r in checks
    ]
    headings = (
        *("circuit", "family", "parameter sets", "simulator", "cycles", "lanes"),
        *("bits compared", "mismatches", "faults planted", "faults caught", "seconds"),
    )
    text = (
        "The emitted Verilog runs in a simulator, and every output bit of every cycle is "
        "compared with the golden model. Faults are planted in the Verilog to show that the "
        "comparison finds errors."
    )
    settings = dict.fromkeys(
        (r.get("simulator", "verilator"), r.get("cycles"), r.get("lanes")) for r in checks
    )
    commands = []
    for simulator, cycles, lanes in settings:
        names = [
            r["name"]
            for r in checks
            if (r.get("simulator", "verilator"), r.get("cycles"), r.get("lanes"))
            == (simulator, cycles, lanes)
        ]
        words = [] if {e.name for e in entries} <= set(names) else list(dict.fromkeys(names))
        words += ["--sim", simulator]
        words += ["--cycles", str(cycles)] if cycles else []
        words += ["--lanes", str(lanes)] if lanes else []
        commands.append(shlex.join(["goldstream", "verify", *words, "--json"]))
    figure = Figure(
        bits_by_family("checks", checks, families),
        "Output bits compared with the golden model by family, on a logarithmic scale, and "
        "planted faults that were caught.",
        "\n".join(commands),
    )
    table = data_table("Cross-checks", headings, rows)
    return Section(name, title, text, [table], [figure], commands)


def _studies(studies: list[StudyTable]) -> Section:
    name, title = "studies", "Studies"
    if not studies:
        return Section(name, title, missing="goldstream study circuit multiplier --out study")
    tables, figures = [], []
    for number, study in enumerate(studies):
        constant = [c for c in study.columns if c not in study.varying()]
        # Generators in full and sources of laws are longer than a cell.
        wide = {c for c in study.columns if any(len(str(r[c])) > 60 for r in study.rows)}
        shown = [c for c in study.varying() or study.columns if c not in wide]
        rows = [[row[c] for c in shown] for row in study.rows]
        facts = ", ".join(
            f"{c.replace('_', ' ')} {study.rows[0][c]}"
            for c in constant
            if _tells(study.rows[0][c])
        )
        caption = f"{study.name}{f': {facts}' if facts else ''}"
        tables.append(data_table(caption, [c.replace("_", " ") for c in shown], rows))
        # Curves of many circuits do not belong into one figure.
        many = CIRCUIT in study.command
        svg = None if many else study_figure(f"study{number}", study)
        if svg is not None:
            command = study.command or f"see {study.name}"
            figures.append(Figure(svg, caption, command))
    commands = list(dict.fromkeys(study.command for study in studies if study.command))
    text = (
        "Measured values have error bars where the study gives them; thin curves are those "
        "of theory. A table shows what differs from row to row."
    )
    return Section(name, title, text, tables, figures, commands)


def _tells(value: Any) -> bool:
    """Return whether a value that all rows have goes into a caption."""
    return value not in (None, "") and len(str(value)) < 40 and not str(value).startswith("{")


def _synthesis(evidence: Evidence) -> Section:
    name, title = "synthesis", "Synthesis"
    if not evidence.synthesis:
        command = "goldstream synth --target ecp5 --json > synth.json"
        return Section(name, title, missing=command)
    columns = {
        "name": "circuit",
        "lut": "LUT",
        "ff": "FF",
        "carry": "carry",
        "dsp": "DSP",
        "bram": "BRAM",
        "fmax_mhz": "Fmax (MHz)",
        "area_um2": "area (µm²)",
        "gate_equivalents": "gate equivalents",
        "power_mw": "power (mW)",
        "energy_pj": "energy (pJ a cycle)",
        "period_ns": "period for power (ns)",
        "workload": "activity for power",
        "note": "note",
    }
    tables, figures, commands = [], [], []
    for number, target in enumerate(evidence.targets):
        rows = list(evidence.synthesis_by_name(target).values())
        cells = [[row.get(key) for key in columns] for row in rows]
        process = next((row["process"] for row in rows if row.get("process")), "")
        caption = f"Target {target}" + (f": {process}" if process else "")
        tables.append(data_table(caption, columns.values(), cells))
        names = [row["name"] for row in rows] if len(rows) <= 12 else []
        command = shlex.join(["goldstream", "synth", *names, "--target", target, "--json"])
        commands.append(command)
        svg = clock_by_area(f"synthesis{number}", target, rows)
        if svg is not None:
            text = f"Highest clock frequency against area on {target}, one point a circuit."
            figures.append(Figure(svg, text, command))
    text = "Area, clock frequency and power of the default parameters, by open tools."
    return Section(name, title, text, tables, figures, commands)


def _runs(runs: list[TrainingRun]) -> Section:
    name, title = "training", "Training runs"
    if not runs:
        return Section(name, title, missing="goldstream train --out runs/vgg16")
    headings = (
        *("run", "network", "data", "optimizer", "learning rate", "seed", "epochs"),
        *("test accuracy (%)", "seconds", "bits replayed", "mismatches"),
    )
    rows = [
        [
            run.name,
            *(run.settings.get(k) for k in ("model", "dataset", "optimizer", "lr", "seed")),
            len(run.epochs),
            100 * run.epochs[-1]["test_accuracy"] if run.epochs else None,
            sum(epoch["seconds"] for epoch in run.epochs),
            run.bits_compared,
            run.mismatches,
        ]
        for run in runs
    ]
    figures = []
    ordered = sorted((r for r in runs if r.epochs), key=_kind)
    for number, (_, members) in enumerate(itertools.groupby(ordered, _kind)):
        group = list(members)
        commands = [run.command for run in group]
        caption = (
            f"{group[0].settings['model']} on {group[0].settings.get('dataset')}: test "
            "accuracy by epoch; bands go from the lowest to the highest seed."
        )
        svg = run_curves(f"training{number}", group)
        figures.append(Figure(svg, caption, "\n".join(commands)))
    text = (
        "Networks trained by the update of a circuit, and beside them by others. Replayed "
        "bits are those of updates that went through the emitted Verilog."
    )
    table = data_table("Training runs", headings, rows)
    return Section(name, title, text, [table], figures, [run.command for run in runs])


def _kind(run: TrainingRun) -> tuple[str, str]:
    """Return network and data set, which one figure shows."""
    return str(run.settings["model"]), str(run.settings.get("dataset"))
