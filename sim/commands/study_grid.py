"""Options of studies on a grid: lists of values, processes, and progress."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer
from rich.progress import Progress, TaskID

from fixedpoint.circuit.checks import shown

__all__ = ["Jobs", "Scheduler", "numbers", "shown_in", "split", "texts"]

Jobs = Annotated[
    int | None, typer.Option(help="Processes side by side; default one for each core.")
]
Scheduler = Annotated[
    str | None,
    typer.Option(metavar="ADDRESS", help="A Dask scheduler, such as tcp://host:8786."),
]


def split(text: str | None) -> list[str] | None:
    """Return the values of an option, with commas between."""
    return None if text is None else [part.strip() for part in text.split(",")]


def numbers(name: str, text: str | None, kind: Any) -> list[Any] | None:
    """Return the numbers of an option, with commas between."""
    try:
        return None if text is None else [kind(part) for part in text.split(",")]
    except ValueError:
        raise ValueError(
            f"--{name} takes numbers with commas between, not {shown(text)}"
        ) from None


def texts(name: str, value: Any) -> list[str]:
    """Return a setting that is a text or a list of them."""
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not all(isinstance(v, str) for v in values):
        raise ValueError(f"{name} of a study must be a list of files, not {shown(value)}")
    return values


def shown_in(bar: Progress, text: str) -> Callable[[int, int], None]:
    """Return a function that shows how many of all tasks are done.

    Those that were done before take no part in the estimate of the time.
    """
    found: list[TaskID] = []

    def show(done: int, total: int) -> None:
        if found:
            bar.update(found[0], completed=done)
        else:
            found.append(bar.add_task(text, total=total, completed=done))

    return show
