"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

__all__ = ["check_directory", "writing"]


def check_directory(path: Path) -> Path:
    """Make a directory for output, or say why that cannot be.

    Raises
    ------
    ValueError
        If it cannot be made or written to.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ValueError(
            f"output directory {path} cannot be made: {error.strerror or error}"
        ) from None
    if not os.access(path, os.W_OK):
        raise ValueError(f"output directory {path} cannot be written to")
    return path


@contextmanager
def writing(path: Path, mode: str = "w") -> Iterator[IO]:
    """Open a file for writing that takes its place only when it is complete."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with os.fdopen(handle, mode) as file:
            yield file
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
