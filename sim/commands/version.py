"""``goldstream --version``."""

from __future__ import annotations

from typing import Annotated

import typer

from fixedpoint.circuit.version import goldstream_version

__all__ = ["with_version"]


def _print(wanted: bool) -> None:
    if wanted:
        print(f"goldstream {goldstream_version()}")
        raise typer.Exit


def with_version(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Bit-accurate stochastic circuits: golden models, Verilog, and their cross-check."""
