"""Reading and atomic writing of text and other files, with errors of one sentence."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

LONGEST_NAME = 300

# How the names of files end that are being written.
UNFINISHED = ".unfinished"

__all__ = ["check_directory", "named", "read_text", "remove_unfinished", "writing"]


def named(path: Path) -> str:
    """Return a path for a message, cut after 300 characters."""
    text = str(path)
    return text if len(text) <= LONGEST_NAME else f"{text[:LONGEST_NAME]}..."


def read_text(path: Path, encoding: str = "utf-8") -> str:
    """Return the text of a file.

    Raises
    ------
    ValueError
        If the file cannot be read or decoded.
    """
    try:
        return path.read_text(encoding=encoding)
    except OSError as error:
        raise ValueError(
            f"file {named(path)} cannot be read: {error.strerror or error}"
        ) from None
    except UnicodeDecodeError:
        raise ValueError(
            f"file {named(path)} cannot be read: it is no text in {encoding}"
        ) from None


def check_directory(path: Path, name: str = "output directory") -> Path:
    """Create a directory for output if it does not exist.

    Raises
    ------
    ValueError
        If the directory cannot be created or written to.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ValueError(
            f"{name} {named(path)} cannot be made: {error.strerror or error}"
        ) from None
    if not os.access(path, os.W_OK):
        raise ValueError(f"{name} {named(path)} cannot be written to")
    return path


@contextmanager
def writing(path: Path, mode: str = "w") -> Iterator[IO]:
    """Open a file for writing; the file appears only when it is complete and on the disk.

    After a power failure the path has either the old content or the new one.

    Raises
    ------
    ValueError
        If the file cannot be created or written.
    """
    try:
        handle, name = tempfile.mkstemp(
            prefix=f".{path.name}-", suffix=UNFINISHED, dir=path.parent
        )
    except OSError as error:
        raise ValueError(
            f"file {named(path)} cannot be written: {error.strerror or error}"
        ) from None
    try:
        with os.fdopen(handle, mode) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
        _sync(path.parent)
    except BaseException as error:
        os.unlink(name)
        if isinstance(error, OSError):
            why = error.strerror or error
            raise ValueError(f"file {named(path)} cannot be written: {why}") from None
        raise


def remove_unfinished(directory: Path) -> None:
    """Remove what `writing` left in a directory when its process was killed.

    No other process may be writing to the directory.
    """
    for path in directory.glob(f".*{UNFINISHED}"):
        with suppress(OSError):
            path.unlink()


def _sync(directory: Path) -> None:
    """Bring a directory's list of names to the disk, where the system can do that."""
    with suppress(OSError):
        handle = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
