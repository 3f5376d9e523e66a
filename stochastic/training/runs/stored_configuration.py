"""The configuration in a run's folder, and whether another one goes on with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fixedpoint.circuit import Parameters, json_object
from fixedpoint.circuit.files import read_text

from ..python_files import split_name
from .configuration import Configuration

__all__ = ["RESUME", "check_same_run", "code_directory_of", "read_configuration", "read_resume"]

# What a run of the command line needs beside its configuration: directories of data and code,
# and the steps to record.
RESUME = "resume.json"


def read_configuration(folder: Path) -> Configuration | None:
    """Return the configuration of the run in a folder, or None if it holds no run.

    Raises
    ------
    ValueError
        If ``configuration.json`` is not a configuration.
    """
    path = folder / "configuration.json"
    if not path.exists():
        return None
    text = read_text(path)
    try:
        configuration = Parameters.from_json(text)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{path} is not a configuration: {error}") from None
    if not isinstance(configuration, Configuration):
        raise ValueError(f"{path} is not a configuration of a run")
    return configuration


def check_same_run(
    stored: Configuration | None, configuration: Configuration, folder: Path
) -> None:
    """Refuse settings other than those of the run in a folder; epochs may be added.

    Raises
    ------
    ValueError
        If a setting differs, or the file of a class of one's own has changed.
    """
    if stored is None:
        return
    if configuration.epochs < stored.epochs:
        raise ValueError(
            f"{folder} holds a run of {stored.epochs} epochs: there may be more, but not "
            f"{configuration.epochs}"
        )
    longer = stored.replace(epochs=configuration.epochs)
    for name, digest in (("model", "model_digest"), ("dataset", "dataset_digest")):
        same_name = getattr(longer, name) == getattr(configuration, name)
        if same_name and getattr(longer, digest) != getattr(configuration, digest):
            file, _ = split_name(getattr(longer, name))
            raise ValueError(
                f"{file} has changed since the run in {folder} began: put it back as it was, "
                "or begin in another folder"
            )
    if longer != configuration:
        raise ValueError(
            f"{folder} holds a run with {longer.difference(configuration)}: "
            "give the same settings to go on with it, or another folder"
        )


def read_resume(folder: Path) -> dict[str, Any]:
    """Return what ``resume.json`` of a run holds: ``data``, ``record`` and ``code``, or None.

    Raises
    ------
    ValueError
        If the file holds something else.
    """
    path = folder / RESUME
    facts = json_object(read_text(path)) if path.exists() else {}
    data, record, code = (facts.get(name) for name in ("data", "record", "code"))
    if not (isinstance(data, str | None) and isinstance(code, str | None)) or not (
        record is None or (isinstance(record, list) and all(type(s) is int for s in record))
    ):
        raise ValueError(
            f"{path} must name directories of data and code and steps to record, or null"
        )
    return {"data": data, "record": record, "code": code}


def code_directory_of(folder: Path) -> Path:
    """Return where files of one's own were when a run began, else the current directory."""
    code = read_resume(folder)["code"]
    return Path() if code is None else Path(code)
