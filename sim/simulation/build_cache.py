"""The cache of builds: directories named for everything that went into them.

Each directory has a manifest with the digests of its files. A build that does not match its
manifest, because the disk was full or something was lost, is made anew.
"""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from fixedpoint.circuit.cache_directory import cache_directory, check_private, private_cache

from ..interrupts import scratch_folder

__all__ = ["CacheUse", "build_directory", "build_once", "cache_use", "clear_cache"]

MANIFEST = "manifest.json"
SCRATCH = "build-"

# What was found to match its manifest, with the state of its files at that time.
_checked: dict[Path, object] = {}


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

    A directory whose files do not match its manifest is built anew.

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
        If the cache cannot be written to, or if others can write to it.
    """
    if directory.exists():
        check_private(cache_directory())
        check_private(directory.parent)
        check_private(directory)
    if not _complete(directory):
        with _lock(directory):
            if not _complete(directory):
                _build(directory, build, keep)
    return directory


def _complete(directory: Path) -> bool:
    """Return whether a directory exists and matches its manifest."""
    state = _state(directory)
    if state is None:
        return False
    if _checked.get(directory) == state:
        return True
    try:
        digests = json.loads((directory / MANIFEST).read_text())
        good = isinstance(digests, dict) and digests == _digests(directory)
    except (OSError, ValueError):
        return False
    if good:
        _checked[directory] = state
    return good


def _state(directory: Path) -> object:
    """Return names, sizes and times of the files in a directory; None if there is none."""
    try:
        return sorted(
            (path.name, status.st_size, status.st_mtime_ns, status.st_ino)
            for path in directory.iterdir()
            for status in [path.stat()]
        )
    except OSError:
        return None


def _digests(directory: Path) -> dict[str, str]:
    found = {}
    for path in sorted(directory.rglob("*")):
        if path.is_file() and path.name != MANIFEST:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            found[str(path.relative_to(directory))] = digest
    return found


@contextlib.contextmanager
def _lock(directory: Path) -> Iterator[None]:
    """Make other threads and processes wait until a directory is built."""
    with _lock_file(directory).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _lock_file(directory: Path) -> Path:
    return private_cache("locks") / f"{directory.parent.name}-{directory.name}"


def _build(directory: Path, build: Callable[[Path], object], keep: tuple[str, ...]) -> None:
    parent = private_cache(*directory.parent.relative_to(cache_directory()).parts)
    _remove_old(directory)
    with scratch_folder(f"{SCRATCH}{directory.name}-", parent) as scratch:
        build(scratch)
        kept = {path for pattern in keep for path in scratch.glob(pattern)}
        for path in set(scratch.iterdir()) - kept:
            path.unlink()
        (scratch / MANIFEST).write_text(json.dumps(_digests(scratch), indent=1) + "\n")
        # Only this process works on this build, so what is there now is damaged.
        _remove(directory)
        try:
            scratch.rename(directory)
        except OSError:
            # Another machine on the same file system was first.
            if not directory.exists():
                raise


def _remove(directory: Path) -> None:
    """Remove a directory; its name is free at once."""
    if not _complete(directory) and directory.exists():
        with (
            scratch_folder(f"{SCRATCH}{directory.name}-", directory.parent) as aside,
            contextlib.suppress(OSError),
        ):
            directory.rename(aside)
        _checked.pop(directory, None)


def _remove_old(directory: Path) -> None:
    """Remove what killed builds have left beside a directory whose lock is held here."""
    for scratch in directory.parent.glob(f"{SCRATCH}*"):
        name = scratch.name.removeprefix(SCRATCH).partition("-")[0]
        with _free(directory.with_name(name)) as free:
            if free or name == directory.name:
                shutil.rmtree(scratch, ignore_errors=True)


@contextlib.contextmanager
def _free(directory: Path) -> Iterator[bool]:
    """Hold the lock of a build for the block, and tell whether it was free."""
    with _lock_file(directory).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
        else:
            yield True


@dataclasses.dataclass(frozen=True)
class CacheUse:
    """Builds of one kind in the cache.

    Attributes
    ----------
    kind : str
        Directory below the cache directory.
    builds : int
    size : int
        Bytes.
    """

    kind: str
    builds: int
    size: int


def cache_use() -> list[CacheUse]:
    """Return what lies in the cache, one kind of build after the other."""
    top = cache_directory()
    found: dict[str, list[int]] = {}
    for directory, names, files in os.walk(top):
        parts = Path(directory).relative_to(top).parts
        kind = "/".join(part for part in parts if not _is_build(part)) or "other"
        builds, size = found.setdefault(kind, [0, 0])
        for name in files:
            with contextlib.suppress(OSError):
                size += os.stat(os.path.join(directory, name), follow_symlinks=False).st_size
        found[kind] = [builds + sum(map(_is_build, names)), size]
    return [
        CacheUse(kind, builds, size)
        for kind, (builds, size) in sorted(found.items())
        if builds or size
    ]


def _is_build(name: str) -> bool:
    return name.startswith(SCRATCH) or (
        len(name) == 24 and set(name) <= set("0123456789abcdef")
    )


def clear_cache() -> tuple[int, int]:
    """Remove all builds but those that are being made, and the tools' own caches.

    Returns
    -------
    removed, kept : int
        Numbers of builds.
    """
    top = cache_directory()
    if not top.is_dir():
        return 0, 0
    check_private(top)
    removed = kept = 0
    for directory in sorted(path for path in top.rglob("*") if _is_build(path.name)):
        name = directory.name.removeprefix(SCRATCH).partition("-")[0]
        with _free(directory.parent / name) as free:
            if free:
                shutil.rmtree(directory, ignore_errors=True)
                removed += 1
            else:
                kept += 1
    for path in top.iterdir():
        if path.name in ("wasmtime", "yowasp"):
            shutil.rmtree(path, ignore_errors=True)
    _checked.clear()
    return removed, kept
