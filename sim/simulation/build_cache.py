"""The cache of builds: directories named for everything that went into them."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from fixedpoint.circuit.files import check_directory

from ..tools import cache_directory

__all__ = ["build_directory", "build_once"]


def build_directory(kind: str, *recipe: str) -> Path:
    """Return the directory of a build, whether it exists or not.

    Parameters
    ----------
    kind : str
        The directory in the cache that holds the builds of this kind.
    *recipe : str
        Everything on which the build depends: texts, flags and versions.
    """
    digest = hashlib.sha256("\0".join(recipe).encode()).hexdigest()[:24]
    return cache_directory() / kind / digest


def build_once(
    directory: Path, build: Callable[[Path], object], keep: tuple[str, ...] = ("*",)
) -> Path:
    """Fill the directory of a build unless it exists; it is never half filled.

    Parameters
    ----------
    directory : pathlib.Path
        From `build_directory`.
    build : callable
        Fills an empty directory, which is then renamed to `directory`.
    keep : tuple of str
        Patterns of the files to keep.

    Returns
    -------
    pathlib.Path
        `directory`.

    Raises
    ------
    ValueError
        If the cache cannot be written to.
    """
    if not directory.exists():
        with _lock(directory):
            if not directory.exists():
                _build(directory, build, keep)
    return directory


@contextlib.contextmanager
def _lock(directory: Path) -> Iterator[None]:
    """Make other threads and processes wait until a directory is built."""
    locks = cache_directory() / "locks"
    check_directory(locks, "cache directory")
    with (locks / f"{directory.parent.name}-{directory.name}").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _build(directory: Path, build: Callable[[Path], object], keep: tuple[str, ...]) -> None:
    check_directory(directory.parent, "cache directory")
    scratch = Path(tempfile.mkdtemp(prefix="build-", dir=directory.parent))
    try:
        build(scratch)
        kept = {path for pattern in keep for path in scratch.glob(pattern)}
        for path in set(scratch.iterdir()) - kept:
            path.unlink()
        try:
            scratch.rename(directory)
        except OSError:
            # Another machine on the same file system was first.
            if not directory.exists():
                raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
