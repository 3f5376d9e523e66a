"""Reading of ``.npz`` archives: sizes are judged before memory is taken."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any

import numpy as np

__all__ = ["archive"]

# Codes of a network shrink to a tenth at most when they are compressed, zeros to a thousandth.
# Small archives may hold anything.
MOST_RATIO = 100
ALWAYS_GOOD = 1 << 26

# The longest header of an array of NumPy.
LONGEST_HEADER = 10_000


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
        If the stream is not an archive, or reading it fails; if its arrays would take over
        100 times the memory of the archive, and over 64 MiB.
    """
    try:
        if not zipfile.is_zipfile(stream):
            raise ValueError("it is no archive of arrays")
        _check_sizes(stream)
        stream.seek(0)
        with np.load(stream, allow_pickle=False) as arrays:
            yield arrays
    except Exception as error:
        # A corrupt archive can raise anything.
        raise ValueError(f"{complaint}: {error}") from None


def _check_sizes(stream: IO[bytes]) -> None:
    """Raise a ValueError if arrays are larger than an archive of this size would hold."""
    packed = stream.seek(0, os.SEEK_END)
    most = max(ALWAYS_GOOD, MOST_RATIO * packed)
    with zipfile.ZipFile(stream) as file:
        members = file.infolist()
        total = sum(member.file_size for member in members)
        if total > most:
            raise ValueError(
                f"its arrays would take {total} bytes, more than {MOST_RATIO} times the "
                f"{packed} bytes of the file"
            )
        names = [member.filename for member in members]
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise ValueError(f"{twice} is twice in it")
        for member in members:
            _check_array(file, member)


def _check_array(file: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """Raise a ValueError if an array's header tells of another size than the archive."""
    with file.open(member) as array:
        version = np.lib.format.read_magic(array)
        read = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }.get(version)
        if read is None:
            raise ValueError(f"{member.filename} is of the unknown version {version}")
        shape, _, dtype = read(array, max_header_size=LONGEST_HEADER)
        size = dtype.itemsize
        for length in shape:
            size *= length
        held = member.file_size - array.tell()
        if size != held:
            raise ValueError(
                f"{member.filename} should have {size} bytes by its header, not {held}"
            )
