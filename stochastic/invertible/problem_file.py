"""Problem files: which kind a file is, and its problem."""

from __future__ import annotations

from pathlib import Path

from .cnf import Cnf
from .maxcut import MaxCut
from .problem import Problem
from .qubo import Ising, Qubo

__all__ = ["parse_problem", "read_problem"]

KINDS: dict[str, type[Cnf] | type[Qubo] | type[Ising]] = {
    "cnf": Cnf,
    "qubo": Qubo,
    "ising": Ising,
}


def parse_problem(text: str) -> Problem:
    """Return the problem of a text: by its header ``p KIND``, or else a MAX-CUT graph."""
    for line in text.splitlines():
        words = line.split()
        if words and words[0] == "p":
            if len(words) < 2 or words[1] not in KINDS:
                raise ValueError(
                    f"the header must name one of {', '.join(KINDS)}, not {line.strip()!r}"
                )
            return KINDS[words[1]].parse(text)
        if words and words[0] not in ("c", "#"):
            break
    return MaxCut.parse(text)


def read_problem(path: str | Path) -> Problem:
    """Return the problem of a file; see `parse_problem`."""
    try:
        text = Path(path).read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} cannot be read: {error}") from None
    return parse_problem(text)
