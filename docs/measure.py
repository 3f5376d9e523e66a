"""Measure what the pages of circuits show, and write it to docs/results.

    python docs/measure.py                    # everything
    python docs/measure.py verify accuracy    # parts of it

The parts are ``verify`` (bits compared, faults caught), ``ecp5`` and ``osu018`` (area, clock,
energy), and ``accuracy``, the errors of all circuits that have a law. What is in the cache, or
in the folder of a study below ``.build/results``, is not measured again: a part that was
interrupted continues.
"""

from __future__ import annotations

import argparse
import csv
import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fixedpoint.circuit.files import check_directory, writing
from sim.catalog import catalog
from sim.checks.cross_check import verify_many
from sim.entry import Entry
from sim.progress import progress_bar
from sim.studies.evaluation import evaluate, has_law
from sim.studies.execution import run_study
from sim.studies.study import Study
from sim.synthesis import synthesize_many, write_table

__all__ = ["PARTS", "main", "study_of"]

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "docs" / "results"
STUDIES = ROOT / ".build" / "results"

# The standard setting of the studies, and what some circuits need in place of it: CORDIV
# divides two streams of one sequence.
STANDARD = {"generators": ("lfsr", "sobol", "random")}
SPECIAL = {"cordiv": {"generators": ("sobol#0+sobol#0",)}}
COLUMNS = (
    *("circuit", "output", "generators", "width", "encoding", "length", "samples"),
    *("bias", "rmse", "rmse_error", "worst", "scc", "binomial_rmse", "discrepancy_bound"),
)
Show = Callable[[str, float], None]


def study_of(entry: Entry) -> Study:
    """Return the study of a circuit in the standard setting."""
    circuit = entry.default
    known = getattr(circuit, "encodings", {})
    streams = any(p.width == 1 and p.name in known for p in circuit.inputs)
    # Circuits that make their streams themselves take no generators.
    settings: Any = (STANDARD if streams else {}) | SPECIAL.get(entry.name, {})
    return Study(circuit=entry.name, parameters=circuit.to_json(), **settings)


def accuracy(jobs: int, show: Show) -> None:
    """Study all circuits that have a law."""
    entries = [entry for entry in catalog() if has_law(entry)]
    rows = []
    for number, entry in enumerate(entries):
        show(f"accuracy of {entry.name}", number / len(entries))
        study = study_of(entry)
        found = run_study(
            STUDIES / entry.name, study, functools.partial(evaluate, study), jobs=jobs
        )
        rows += [{name: row[name] for name in COLUMNS} for row in found]
    folder = check_directory(RESULTS / "accuracy")
    with writing(folder / "results.csv") as file:
        table = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        table.writeheader()
        for row in rows:
            table.writerow({k: _short(v) for k, v in row.items()})
    settings = {"circuit": None, **STANDARD}
    with writing(folder / "study.json") as file:
        file.write(json.dumps(settings) + "\n")


def _short(value: Any) -> Any:
    return f"{value:.5g}" if isinstance(value, float) else value


def verify(jobs: int, show: Show) -> None:
    """Cross-check all circuits with planted faults."""
    results = verify_many(None, progress=show)
    _write_json("verify.json", [result.to_dict() for result in results])


def synthesis(target: str, jobs: int, show: Show) -> None:
    """Synthesize all circuits for a target."""
    rows = [row for row, _ in synthesize_many(None, target, progress=show)]
    write_table(check_directory(RESULTS) / f"synth_{target}.csv", rows)
    _write_json(f"synth_{target}.json", [row.to_dict() for row in rows])


def _write_json(name: str, rows: list[dict[str, Any]]) -> None:
    with writing(check_directory(RESULTS) / name) as file:
        lines = ",\n".join(json.dumps(row) for row in rows)
        file.write(f"[\n{lines}\n]\n")


PARTS: dict[str, Callable[[int, Show], None]] = {
    "verify": verify,
    "ecp5": functools.partial(synthesis, "ecp5"),
    "osu018": functools.partial(synthesis, "osu018"),
    "accuracy": accuracy,
}


def main() -> None:
    """Measure the parts that the command names, or all."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--jobs", type=int, default=1, help="processes of the studies")
    given = parser.parse_args()
    for part in given.parts:
        if part not in PARTS:
            parser.error(f"a part is one of {', '.join(PARTS)}, not {part}")
    for part in given.parts or PARTS:
        with progress_bar() as bar:
            task = bar.add_task(part, total=1.0)
            PARTS[part](
                given.jobs,
                lambda stage, done, task=task, bar=bar: bar.update(
                    task, description=stage, completed=done
                ),
            )


if __name__ == "__main__":
    main()
