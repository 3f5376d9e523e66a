"""One writer in the folder of a run: a lock that tells who holds it."""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

try:
    import fcntl
except ImportError:  # pragma: no cover
    fcntl = None  # type: ignore[assignment]

__all__ = ["LOCK", "sole_writer"]

LOCK = ".lock"


@contextlib.contextmanager
def sole_writer(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder for the block; it goes with the process, however that ends.

    Raises
    ------
    ValueError
        If another process, or another `Run` in this one, holds it.
    """
    if fcntl is None:  # pragma: no cover
        yield
        return
    path = folder / LOCK
    while True:
        file = path.open("a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            with file:
                file.seek(0)
                holder = _description(file.read())
            raise ValueError(
                f"{folder} is being written to by {holder}: wait for its end, or take another "
                "folder"
            ) from None
        # The one who held the lock may have removed the file meanwhile.
        with contextlib.suppress(OSError):
            if os.path.samestat(path.stat(), os.fstat(file.fileno())):
                break
        file.close()
    with file:
        now = datetime.datetime.now().astimezone().isoformat(" ", "seconds")
        file.truncate(0)
        file.write(json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "since": now}))
        file.flush()
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def _description(text: str) -> str:
    """Return in words who holds a lock, from what its file says."""
    try:
        facts = json.loads(text)
        return f"process {facts['pid']} on {facts['host']}, since {facts['since']}"
    except (KeyError, TypeError, ValueError):
        return "another process"
