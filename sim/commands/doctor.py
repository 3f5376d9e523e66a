"""``goldstream doctor``: which tools are there."""

from __future__ import annotations

import dataclasses
import json

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from .options import AsJson

__all__ = ["doctor"]


def doctor(as_json: AsJson = False) -> None:
    """Say which tools are there, and what to install for those that are not.

    Example: goldstream doctor
    """
    from ..tools import examine

    found = examine()
    if as_json:
        print(json.dumps([dataclasses.asdict(tool) for tool in found], indent=2))
        return
    table = Table(title="Tools")
    for heading in ("tool", "needed for", "found", "to install"):
        table.add_column(heading)
    for tool in found:
        table.add_row(tool.name, tool.purpose, tool.found or "[red]no", escape(tool.install))
    Console().print(table)
