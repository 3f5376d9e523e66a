"""``goldstream cache``: how much the builds take, and how to be rid of them."""

from __future__ import annotations

import dataclasses
import json
from typing import Annotated

import typer

from fixedpoint.circuit.cache_directory import cache_directory

__all__ = ["show_cache"]


def show_cache(
    clear: Annotated[
        bool, typer.Option("--clear", help="Remove all builds; they are made anew when needed.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False,
) -> None:
    """Show the size of the cache of compiled circuits, or clear it.

    The cache is the directory GOLDSTREAM_CACHE, or goldstream in the user's cache directory.

    Example: goldstream cache --clear
    """
    from ..simulation.build_cache import cache_use, clear_cache

    directory = cache_directory()
    removed = kept = None
    if clear:
        removed, kept = clear_cache()
    use = cache_use()
    size = sum(kind.size for kind in use)
    if as_json:
        facts = {
            "directory": str(directory),
            "size": size,
            "kinds": [dataclasses.asdict(kind) for kind in use],
            **({"removed": removed, "kept": kept} if clear else {}),
        }
        print(json.dumps(facts, indent=2))
        return
    if clear:
        left = f"; in use and left: {kept}" if kept else ""
        print(f"{directory}: builds removed: {removed}{left}")
        return
    for kind in use:
        print(f"{kind.kind:20}{kind.builds:6} builds {kind.size / 1e6:9.1f} MB")
    print(f"{directory}: {size / 1e6:.1f} MB; --clear removes it")
