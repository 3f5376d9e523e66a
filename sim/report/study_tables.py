"""Tables of studies: Parquet and CSV files with one row for each point."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import shlex
from pathlib import Path
from typing import Any

from fixedpoint.circuit.files import named, read_text

from ..catalog import catalog, file_of
from .json_file import read_json

__all__ = ["CIRCUIT", "STUDY_FILES", "StudyTable", "read_study"]

STUDY_FILES = (".parquet", ".csv")
# The name of a circuit in the command of a study of many.
CIRCUIT = "CIRCUIT"
# Settings of a study that follow from others.
NO_OPTIONS = ("type", "digest")


@dataclasses.dataclass(frozen=True)
class StudyTable:
    """A table of a study.

    Attributes
    ----------
    name : str
        The path of its file in the folder, without suffix.
    rows : list of dict
    command : str
        What made it, or "" if the folder does not say so; `CIRCUIT` stands for the name of each
        circuit of a table of many.
    """

    name: str
    rows: list[dict[str, Any]]
    command: str

    @property
    def columns(self) -> list[str]:
        """The names of the columns."""
        return list(self.rows[0])

    def of_circuit(self, name: str) -> StudyTable | None:
        """Return the part of a table that is about a circuit, or None if it has none."""
        if "circuit" not in self.columns:
            return None
        rows = [row for row in self.rows if row["circuit"] == name]
        command = self.command
        if CIRCUIT in command:
            # What a circuit does differently from the others is in its rows.
            own = list(dict.fromkeys(r["generators"] for r in rows if r.get("generators")))
            words = shlex.split(command)
            if "--generators" in words:
                place = words.index("--generators")
                words[place : place + 2] = ["--generators", ",".join(own)] if own else []
            command = shlex.join(words).replace(CIRCUIT, name)
        return dataclasses.replace(self, rows=rows, command=command) if rows else None

    def varying(self) -> list[str]:
        """Return the columns that have more than one value."""
        return [c for c in self.columns if any(r[c] != self.rows[0][c] for r in self.rows)]


def read_study(path: Path, name: Path) -> StudyTable | None:
    """Return the table in a file, or None if it is empty.

    Raises
    ------
    ValueError
        If the file cannot be read.
    """
    command = ""
    if path.suffix == ".csv":
        rows = [
            {key: _number(value) for key, value in row.items() if key}
            for row in csv.DictReader(io.StringIO(read_text(path)))
        ]
    else:
        from pyarrow import ArrowException, parquet

        try:
            table = parquet.read_table(path)
        except (ArrowException, OSError) as error:
            why = str(error).splitlines()[0]
            raise ValueError(f"file {named(path)} cannot be read: {why}") from None
        rows = table.to_pylist()
    settings = path.with_name("study.json")
    if rows and settings.is_file():
        command = _command(settings, path.parent.name)
    if not rows:
        return None
    return StudyTable(name.with_suffix("").as_posix(), rows, command)


def _command(path: Path, folder: str) -> str:
    """Return the command that makes a study, from the settings in its folder.

    Those of a network do not tell its folder, and those of a circuit not the file that it is
    from: the command is "" then, if the catalogue does not know the file either.
    """
    settings = read_json(path)
    if not isinstance(settings, dict) or "circuit" not in settings:
        return ""
    circuit = settings.pop("circuit")
    words = ["goldstream", "study", "circuit", circuit or CIRCUIT]
    if circuit is not None:
        entry = next((e for e in catalog() if e.name == circuit), None)
        if entry is None:
            return ""
        if (file := file_of(entry)) is not None:
            words += ["--from", str(file)]
    for name, value in settings.items():
        if name in NO_OPTIONS or value in (None, []):
            continue
        text = json.dumps(value) if isinstance(value, dict) else str(value)
        if isinstance(value, list):
            text = ",".join(map(str, value))
        words += [f"--{name.replace('_', '-')}", text]
    return shlex.join([*words, "--out", CIRCUIT if CIRCUIT in words else folder])


def _number(text: str | None) -> Any:
    """Return the value of a cell of a CSV file; None if it is empty."""
    if not text:
        return None
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
