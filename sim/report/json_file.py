"""A JSON file of a folder of results."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fixedpoint.circuit.files import named, read_text

__all__ = ["read_json"]


def read_json(path: Path) -> Any:
    """Return what a JSON file holds.

    Raises
    ------
    ValueError
        If it cannot be read, or is no JSON.
    """
    text = read_text(path)
    try:
        return json.loads(text)
    except ValueError:
        raise ValueError(f"file {named(path)} cannot be read: it is no JSON") from None
