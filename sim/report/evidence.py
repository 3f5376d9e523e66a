"""Results in a folder: cross-checks, studies, synthesis and training runs."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fixedpoint.circuit.files import named

from .json_file import read_json
from .study_figure import MEASURES
from .study_tables import STUDY_FILES, StudyTable, read_study
from .training_runs import TrainingRun, is_run, read_run

__all__ = ["Evidence", "gather"]

# Keys that tell what the objects in a list of JSON are.
CHECK_KEYS = {"name", "bits_compared", "mismatches", "faults_planted", "faults_caught"}
SYNTHESIS_KEYS = {"name", "target", "lut", "ff", "fmax_mhz"}


@dataclasses.dataclass
class Evidence:
    """What a folder holds, each part ordered by the paths of its files.

    Attributes
    ----------
    checks : list of dict
        Results of ``goldstream verify --json``, one for each circuit.
    synthesis : list of dict
        Results of ``goldstream synth --json``, one for each circuit and target.
    studies : list of StudyTable
    runs : list of TrainingRun
    """

    checks: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    synthesis: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    studies: list[StudyTable] = dataclasses.field(default_factory=list)
    runs: list[TrainingRun] = dataclasses.field(default_factory=list)

    @property
    def empty(self) -> bool:
        """Whether nothing was found."""
        return not (self.checks or self.synthesis or self.studies or self.runs)

    def checks_by_name(self) -> dict[str, dict[str, Any]]:
        """Return of each circuit the check that compared the most bits."""
        return {row["name"]: row for row in sorted(self.checks, key=_bits)}

    def synthesis_by_name(self, target: str) -> dict[str, dict[str, Any]]:
        """Return the result of each circuit on one target."""
        return {row["name"]: row for row in self.synthesis if row["target"] == target}

    @property
    def targets(self) -> list[str]:
        """The targets of synthesis, in the order of the files."""
        return list(dict.fromkeys(row["target"] for row in self.synthesis))


def _bits(row: dict[str, Any]) -> int:
    return int(row["bits_compared"])


def gather(folder: Path | None) -> Evidence:
    """Read all results in a folder and the folders in it.

    Files are known by what they hold, not by their names. A file of something else is passed
    over.

    Parameters
    ----------
    folder : path or None
        None stands for no results.

    Raises
    ------
    ValueError
        If there is no such folder, or a file in it cannot be read.
    """
    found = Evidence()
    if folder is None:
        return found
    if not folder.is_dir():
        raise ValueError(f"there is no folder {named(folder)}")
    for path in _files(folder):
        if path.suffix == ".json":
            if is_run(path):
                found.runs.append(read_run(path.parent, path.parent.relative_to(folder)))
            else:
                _add_list(found, path)
        elif path.suffix in STUDY_FILES:
            study = read_study(path, path.relative_to(folder))
            if study is None:
                continue
            if set(study.columns) >= SYNTHESIS_KEYS:
                found.synthesis += study.rows
            elif len(study.rows) > 1 and not MEASURES.keys().isdisjoint(study.columns):
                found.studies.append(study)
    # A table and its facts as JSON are one result; the JSON, which comes later, has more.
    found.synthesis = list({(r["name"], r["target"]): r for r in found.synthesis}.values())
    return found


def _files(folder: Path) -> Iterator[Path]:
    """Yield the files of a folder in order, without hidden ones."""
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if path.is_file() and not any(part.startswith(".") for part in parts):
            yield path


def _add_list(found: Evidence, path: Path) -> None:
    data = read_json(path)
    if not (isinstance(data, list) and data and all(isinstance(row, dict) for row in data)):
        return
    if all(row.keys() >= CHECK_KEYS for row in data):
        found.checks += data
    elif all(row.keys() >= SYNTHESIS_KEYS for row in data):
        found.synthesis += data
