"""The directory for what is compiled once: programs, libraries and the tools' own caches."""

from __future__ import annotations

import os
from pathlib import Path

from .files import check_directory

__all__ = ["cache_directory", "check_private", "private_cache"]

REMEDY = "set GOLDSTREAM_CACHE to a directory of your own"


def cache_directory() -> Path:
    """Return the directory for builds: $GOLDSTREAM_CACHE, or one in the user's cache.

    Raises
    ------
    ValueError
        If there is neither the variable nor a home directory.
    """
    named = os.environ.get("GOLDSTREAM_CACHE")
    if named:
        return Path(named).absolute()
    try:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    except RuntimeError:
        raise ValueError(f"there is no home directory for the cache: {REMEDY}") from None
    return Path(base) / "goldstream"


def private_cache(*parts: str) -> Path:
    """Return the cache directory, or one in it, which is made if it does not exist.

    Raises
    ------
    ValueError
        If it cannot be made or written to, or if others can write to it.
    """
    directory = cache_directory()
    for path in (directory, *(directory.joinpath(*parts[: i + 1]) for i in range(len(parts)))):
        try:
            check_directory(path, "cache directory")
        except ValueError as error:
            raise ValueError(f"{error}: {REMEDY}") from None
        check_private(path)
    return path


def check_private(path: Path) -> None:
    """Raise a ValueError if another user can write to a directory whose files are executed."""
    if not hasattr(os, "geteuid"):
        return
    status = path.stat()
    why = "and what lies there is executed"
    if status.st_uid not in (os.geteuid(), 0):
        raise ValueError(f"cache directory {path} belongs to another user, {why}: {REMEDY}")
    if status.st_mode & 0o022:
        raise ValueError(
            f"cache directory {path} can be written to by others, {why}: "
            f"chmod -R go-w it, or {REMEDY}"
        )
