"""What is built once: directories in the cache, each named for all that went into it."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from fixedpoint.circuit.files import check_directory

from ..tools import cache_directory

__all__ = ["OBJECTS", "made", "place"]

# What a compiler leaves behind, and nothing needs once all is linked.
OBJECTS = ("*.o", "*.a", "*.gch")


def place(kind: str, *recipe: str) -> Path:
    """Return the directory of a build, whether it is there or not.

    Parameters
    ----------
    kind : str
        The directory in the cache in which builds of its kind lie.
    *recipe : str
        Everything on which the build depends: texts, flags and versions.
    """
    digest = hashlib.sha256("\0".join(recipe).encode()).hexdigest()[:24]
    return cache_directory() / kind / digest


def made(final: Path, make: Callable[[Path], object], leftovers: tuple[str, ...] = ()) -> Path:
    """Return a build's directory, filled before or now, and never by half.

    Parameters
    ----------
    final : pathlib.Path
        As `place` gives it.
    make : callable
        Fills an empty directory, which then gets the name `final`.
    leftovers : tuple of str
        Patterns of the files that are not kept.

    Raises
    ------
    ValueError
        If the cache cannot be written to.
    """
    if final.exists():
        return final
    check_directory(final.parent, "cache directory")
    scratch = Path(tempfile.mkdtemp(prefix="build-", dir=final.parent))
    try:
        make(scratch)
        for pattern in leftovers:
            for leftover in scratch.glob(pattern):
                leftover.unlink()
        try:
            scratch.rename(final)
        except OSError:
            # Another process was first.
            if not final.exists():
                raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return final
