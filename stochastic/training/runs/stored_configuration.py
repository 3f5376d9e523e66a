"""The configuration in a run's folder, and whether another one goes on with it."""

from __future__ import annotations

from pathlib import Path

from fixedpoint.circuit import Parameters
from fixedpoint.circuit.files import read_text

from ..python_files import split_name
from .configuration import Configuration

__all__ = ["check_same_run", "read_configuration"]


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
