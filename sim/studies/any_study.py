"""What a study of any kind offers: tasks, the columns of their rows, and its settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

__all__ = ["AnyStudy", "AnyTask", "Rows"]

# The results of a task, or of a whole study.
Rows = list[dict[str, Any]]


class AnyTask(Protocol):
    """What one process works on."""

    @property
    def number(self) -> int:
        """Its place in the order of the results."""


class AnyStudy(Protocol):
    """A grid of points."""

    @property
    def columns(self) -> Mapping[str, str]:
        """The columns of the table of results, and their types in Arrow's words."""

    def tasks(self) -> Iterator[Any]:
        """Yield the tasks in the order of the results."""

    def to_json(self) -> str:
        """Return the study as JSON, equal for equal studies."""
