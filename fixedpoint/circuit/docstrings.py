"""What docstrings in numpydoc's form say about parameters."""

from __future__ import annotations

import ast
import dataclasses
import functools
import inspect
import re
import sys

__all__ = ["ParameterNote", "docstring", "parameter_notes", "sections"]

ENTRY = re.compile(r"(\w+(?:, \w+)*) : (.*)")


@dataclasses.dataclass(frozen=True)
class ParameterNote:
    """What the docstring of a class says about one field.

    Attributes
    ----------
    name : str
    type : str
        As the docstring has it, for example ``int, optional`` or a set of choices.
    meaning : str
        The text below, in one line; it states the range.
    """

    name: str
    type: str
    meaning: str


def docstring(kind: type) -> str:
    """Return the docstring of a class without indentation, also under ``python -OO``."""
    if sys.flags.optimize < 2:
        return inspect.cleandoc(vars(kind).get("__doc__") or "")
    return _docstring_in_source(kind.__module__, kind.__name__)


@functools.cache
def _docstring_in_source(module: str, name: str) -> str:
    try:
        tree = ast.parse(inspect.getsource(sys.modules[module]))
    except (OSError, TypeError):
        return ""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and node.name == name:
            return ast.get_docstring(node) or ""
    return ""


def sections(kind: type) -> dict[str, str]:
    """Return the sections of a class's docstring by title."""
    lines = docstring(kind).split("\n")
    starts = [i for i in range(len(lines) - 1) if lines[i] and set(lines[i + 1]) == {"-"}]
    ends = [*starts, len(lines)][1:]
    return {
        lines[begin]: "\n".join(lines[begin + 2 : end]).strip()
        for begin, end in zip(starts, ends, strict=True)
    }


def parameter_notes(kind: type) -> dict[str, ParameterNote]:
    """Return what a class and its bases say about their fields, by name.

    Parameters
    ----------
    kind : type
        A dataclass. A field that the docstring does not mention is missing.
    """
    notes: dict[str, ParameterNote] = {}
    for base in reversed(kind.__mro__):
        names: list[str] = []
        text: dict[tuple[str, ...], list[str]] = {}
        types = {}
        for line in sections(base).get("Parameters", "").split("\n"):
            found = ENTRY.fullmatch(line)
            if found:
                names = found[1].split(", ")
                types[tuple(names)] = found[2]
                text[tuple(names)] = []
            elif names and line.strip():
                text[tuple(names)].append(line.strip())
        for group, words in text.items():
            for name in group:
                notes[name] = ParameterNote(name, types[group], " ".join(words))
    fields = [field.name for field in dataclasses.fields(kind)]
    return {name: notes[name] for name in fields if name in notes}
