"""Trained networks on integral streams, for the commands that take one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

__all__ = ["Length", "Seed", "StreamRunFolder", "load_neurons"]

StreamRunFolder = Annotated[
    Path,
    typer.Argument(metavar="RUN", help="Folder of a trained network on integral streams."),
]
Length = Annotated[
    int | None,
    typer.Option(help="Length N of the streams in clock cycles; by default the run's."),
]
Seed = Annotated[int, typer.Option(help="Seed of the generators of the weights' streams.")]


def load_neurons(folder: Path) -> tuple[Any, Any]:
    """Return the settings and the PyTorch model of a run.

    A run that was stopped gives the network of its last finished epoch.

    Raises
    ------
    FileNotFoundError
        If the folder has no configuration, or no checkpoint of a finished epoch.
    ValueError
        If the folder holds another kind of run, or a file of it is corrupt.
    """
    from fixedpoint.circuit import json_object
    from fixedpoint.circuit.files import read_text
    from stochastic.networks import load_trained

    path = folder / "configuration.json"
    if path.exists() and json_object(read_text(path)).get("type") == "Configuration":
        raise ValueError(
            f"{folder} holds a run of goldstream train, whose network goldstream study network "
            "measures on streams"
        )
    return load_trained(folder)
