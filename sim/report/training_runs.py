"""Training runs in folders: configuration, epochs, and replay in the Verilog."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import shlex
from pathlib import Path
from typing import Any

from fixedpoint.circuit.files import named, read_text

from .json_file import read_json

__all__ = ["TrainingRun", "is_run", "read_run"]

# What differs between runs without being a setting.
NO_SETTINGS = {"type", "seed", "device", "threads"}
# What a configuration holds that is not said again to repeat it.
NO_OPTIONS = {"type", "model_digest", "dataset_digest"}
# The data sets whose files the package does not have.
NEEDS_DATA = ("fashion-mnist", "mnist", "cifar-10")


@dataclasses.dataclass(frozen=True)
class TrainingRun:
    """A run of ``goldstream train``.

    Attributes
    ----------
    name : str
        Its path in the folder.
    settings : dict
        The configuration.
    epochs : list of dict
        Of each finished epoch: number, loss, train_accuracy, test_accuracy, seconds.
    bits_compared, mismatches : int or None
        Of the replay in the Verilog, if there was one.
    needs_data : bool
        Whether the images were read from a directory.
    """

    name: str
    settings: dict[str, Any]
    epochs: list[dict[str, float]]
    bits_compared: int | None
    mismatches: int | None
    needs_data: bool

    @property
    def group(self) -> tuple[tuple[str, Any], ...]:
        """The settings without the seed, for runs that differ in the seed alone."""
        return tuple(
            (key, json.dumps(value))
            for key, value in self.settings.items()
            if key not in NO_SETTINGS
        )

    @property
    def command(self) -> str:
        """The command that repeats the run; DIRECTORY stands for that of the data set."""
        words = ["goldstream", "train"]
        for name, value in self.settings.items():
            if name in NO_OPTIONS or value is None:
                continue
            option = f"--{name.replace('_', '-')}"
            if isinstance(value, bool):
                words += [option] if value else []
            else:
                words += [option, str(value)]
        if self.needs_data:
            words += ["--data", "DIRECTORY"]
        return shlex.join([*words, "--out", self.name])


def is_run(path: Path) -> bool:
    """Return whether a JSON file is the configuration of a run of ``goldstream train``.

    Raises
    ------
    ValueError
        If it should be one and cannot be read.
    """
    if path.name != "configuration.json" or not (path.parent / "epochs.csv").is_file():
        return False
    settings = read_json(path)
    # Networks on integral streams have a configuration of another type.
    return isinstance(settings, dict) and settings.get("type") == "Configuration"


def read_run(folder: Path, name: Path) -> TrainingRun:
    """Return the run in a folder.

    Raises
    ------
    ValueError
        If a file of it cannot be read.
    """
    path = folder / "configuration.json"
    settings = read_json(path)
    if not {"model", "optimizer"} <= settings.keys():
        raise ValueError(f"file {named(path)} is no configuration of a run")
    path = folder / "epochs.csv"
    try:
        epochs = [
            {key: float(value) for key, value in row.items() if key != "run"}
            for row in csv.DictReader(io.StringIO(read_text(path)))
        ]
        for epoch in epochs:
            epoch["number"], epoch["test_accuracy"], epoch["seconds"]
    except (ValueError, KeyError, TypeError):
        raise ValueError(f"file {named(path)} is no table of epochs") from None
    bits, mismatches = _replayed(folder / "replay.json")
    needs_data = settings.get("dataset") in NEEDS_DATA or _had_directory(folder / "resume.json")
    return TrainingRun(name.as_posix(), settings, epochs, bits, mismatches, needs_data)


def _had_directory(path: Path) -> bool:
    """Return whether a run was given a directory of its data set."""
    facts = read_json(path) if path.is_file() else None
    return isinstance(facts, dict) and facts.get("data") is not None


def _replayed(path: Path) -> tuple[int | None, int | None]:
    if not path.is_file():
        return None, None
    try:
        rows = read_json(path)
        return sum(r["bits_compared"] for r in rows), sum(r["mismatches"] for r in rows)
    except (ValueError, KeyError, TypeError):
        raise ValueError(f"file {named(path)} is no replay of a run") from None
