"""The folder of a study: what is done of it, and its results."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fixedpoint.circuit.files import check_directory, named, read_text, writing
from fixedpoint.circuit.folder_lock import sole_writer

from .any_study import AnyStudy, AnyTask

__all__ = ["StudyFolder", "opened"]


class StudyFolder:
    """The results of a study by task; each is a file that is there only when it is whole.

    Parameters
    ----------
    path : pathlib.Path
    study : AnyStudy
    """

    def __init__(self, path: Path, study: AnyStudy) -> None:
        self.path = path
        self.study = study

    def _place(self, task: AnyTask) -> Path:
        return self.path / "points" / f"{task.number:06d}.json"

    def has(self, task: AnyTask) -> bool:
        """Return whether a task is done."""
        return self._place(task).exists()

    def put(self, task: AnyTask, rows: list[dict[str, Any]]) -> None:
        """Keep the rows of a task."""
        with writing(self._place(task)) as file:
            json.dump(rows, file)

    def rows(self) -> list[dict[str, Any]]:
        """Return all rows in the order of the tasks."""
        found = []
        for task in self.study.tasks():
            try:
                found += json.loads(read_text(self._place(task)))
            except json.JSONDecodeError:
                raise ValueError(
                    f"file {named(self._place(task))} is no result of a study: remove it"
                ) from None
        return found

    def write_results(self, rows: list[dict[str, Any]]) -> Path:
        """Write the table of results, in a file that is equal for equal rows."""
        import pyarrow
        from pyarrow import parquet

        schema = pyarrow.schema(
            [(name, pyarrow.type_for_alias(kind)) for name, kind in self.study.columns.items()]
        )
        table = pyarrow.Table.from_pylist(rows, schema=schema)
        path = self.path / "results.parquet"
        with writing(path, "wb") as file:
            parquet.write_table(table, file)
        return path


@contextlib.contextmanager
def opened(path: Path, study: AnyStudy) -> Iterator[StudyFolder]:
    """Give the block the folder of a study, which no other process writes to meanwhile.

    Raises
    ------
    ValueError
        If the folder has the results of another study, or another process has it.
    """
    check_directory(path)
    with sole_writer(path):
        settings = path / "study.json"
        text = study.to_json()
        if settings.exists():
            if read_text(settings) != text:
                raise ValueError(
                    f"folder {named(path)} has the results of another study: take another one"
                )
        else:
            with writing(settings) as file:
                file.write(text)
        check_directory(path / "points")
        yield StudyFolder(path, study)
