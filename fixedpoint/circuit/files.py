"""Reading and atomic writing of files, with errors of one sentence."""

from __future__ import annotations

import os
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np

__all__ = ["archive", "check_directory", "read_text", "writing"]


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
        raise ValueError(f"file {path} cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise ValueError(f"file {path} cannot be read: it is no text in {encoding}") from None


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
        raise ValueError(f"{name} {path} cannot be made: {error.strerror or error}") from None
    if not os.access(path, os.W_OK):
        raise ValueError(f"{name} {path} cannot be written to")
    return path


@contextmanager
def writing(path: Path, mode: str = "w") -> Iterator[IO]:
    """Open a file for writing; the file appears only when it is complete.

    Raises
    ------
    ValueError
        If the file cannot be created or written.
    """
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    except OSError as error:
        raise ValueError(f"file {path} cannot be written: {error.strerror or error}") from None
    try:
        with os.fdopen(handle, mode) as file:
            yield file
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException as error:
        os.unlink(name)
        if isinstance(error, OSError):
            why = error.strerror or error
            raise ValueError(f"file {path} cannot be written: {why}") from None
        raise


@contextmanager
def archive(stream: IO[bytes], complaint: str) -> Iterator[Mapping[str, Any]]:
    """Read an ``.npz`` archive from a stream.

    Parameters
    ----------
    stream : binary file
    complaint : str
        Beginning of the error message: ``"x.npz is not a file of records"``.

    Raises
    ------
    ValueError
        If the stream is not an archive, or reading it fails.
    """
    try:
        if not zipfile.is_zipfile(stream):
            raise ValueError("it is no archive of arrays")
        with np.load(stream, allow_pickle=False) as arrays:
            yield arrays
    except Exception as error:
        # A corrupt archive can raise anything.
        raise ValueError(f"{complaint}: {error}") from None
