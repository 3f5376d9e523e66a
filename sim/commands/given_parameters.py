"""Parameters from the command line: ``--parameters`` and ``--set``, over those of an entry."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from fixedpoint.circuit import Circuit, Parameters, json_object
from fixedpoint.circuit.files import read_text

from ..entry import Entry

__all__ = ["Assignments", "Given", "given_parameters"]

Given = Annotated[
    str | None,
    typer.Option(
        "--parameters",
        metavar="JSON",
        help="Parameters of the circuit as a JSON object, or a file of it. What it omits is as "
        "in the default ones, also inside of a generator or a format.",
    ),
]
Assignments = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="One parameter, such as width=6 or generator.type=Sobol; may be repeated.",
    ),
]

# Values that Python and JSON write differently.
WORDS = {"True": True, "False": False, "None": None}


def given_parameters(
    entry: Entry, text: str | None, assignments: Sequence[str] | None
) -> Circuit | None:
    """Return the parameters that the user gave; missing ones are the entry's default ones.

    Parameters
    ----------
    entry : Entry
    text : str, optional
        A JSON object, or the name of a file with one. It may lie under the key
        ``"parameters"``, as in an emitted ``NAME.json``.
    assignments : sequence of str, optional
        Each ``KEY=VALUE``. A key names a field; with points between names, a field of an
        object inside, and with a number, an element of a list.

    Returns
    -------
    Circuit or None
        None if nothing was given.

    Raises
    ------
    ValueError
        If the text is not JSON, a key is unknown, or a value is not valid.

    Notes
    -----
    A field that the default leaves to its class, such as the taps of an LFSR, is left to it
    here too. An object inside of another, with a field of the name and value that a field
    around it has, such as the width of a generator, follows that one.
    """
    if text is None and not assignments:
        return None
    values = _object(text) if text is not None else {}
    for assignment in assignments or ():
        _assign(values, assignment)
    kind = type(entry.default).__name__
    if values.get("type", kind) != kind:
        raise ValueError(f"{entry.name} takes parameters of {kind}, not of {values['type']}")
    return Parameters.from_dict(_merged(entry.default, values, {}, {}))  # type: ignore[return-value]


def _object(text: str) -> dict[str, Any]:
    inline = text.lstrip().startswith("{") or not text.strip()
    values = json_object(text if inline else read_text(Path(text)))
    values = values.get("parameters", values)
    if not isinstance(values, dict):
        raise ValueError(f"parameters must be a JSON object, not {values!r}")
    return values


def _assign(values: dict[str, Any], assignment: str) -> None:
    """Put the value of ``KEY=VALUE`` into nested dictionaries."""
    path, equals, text = assignment.partition("=")
    names = path.split(".")
    if not equals or not all(names):
        raise ValueError(f"--set takes KEY=VALUE such as width=6, not {assignment!r}")
    try:
        value = WORDS[text] if text in WORDS else json.loads(text)
    except ValueError:
        value = text
    inside = values
    for name in names[:-1]:
        inside = inside.setdefault(name, {})
        if not isinstance(inside, dict):
            raise ValueError(f"--set {path} names a part of {name}, which is {inside!r}")
    inside[names[-1]] = value


def _merged(
    default: Any, given: Any, around: dict[str, Any], around_given: dict[str, Any]
) -> Any:
    """Return a value as JSON: what is given, else what the default has.

    Parameters
    ----------
    default : object
        Of the entry's default parameters.
    given : object
        JSON value of the user.
    around, around_given : dict
        The fields around the value: those of the default, and their new values.
    """
    if isinstance(default, tuple) and isinstance(given, list):
        return [
            _merged(default[i], part, around, around_given) if i < len(default) else part
            for i, part in enumerate(given)
        ]
    if isinstance(default, tuple) and isinstance(given, dict):
        return _with_elements(default, given, around, around_given)
    if not isinstance(given, dict) or not isinstance(default, Parameters):
        return given
    name = given.get("type", type(default).__name__)
    kind = Parameters.type_named(name)
    if kind is None:
        return given
    own = {f.name: getattr(default, f.name) for f in dataclasses.fields(default)}
    if kind is type(default):
        inherited = {n: value for n, value in own.items() if not default.is_derived(n)}
    else:
        needed = {f.name for f in dataclasses.fields(kind) if f.default is dataclasses.MISSING}
        inherited = {n: value for n, value in own.items() if n in needed}
    followed = {n for n in inherited if n in around_given and around[n] == inherited[n]}
    values: dict[str, Any] = {"type": name, **inherited}
    values |= {n: around_given[n] for n in followed} | given
    set_here = {n: v for n, v in values.items() if n in followed or n in given}
    scalars = {n: v for n, v in set_here.items() if not isinstance(v, dict | list)}
    for n, value in values.items():
        if n in given:
            values[n] = _merged(own.get(n), value, own, scalars)
        elif isinstance(value, Parameters):
            values[n] = _merged(value, {}, own, scalars)
    return json.loads(json.dumps(values, default=_plain))


def _with_elements(
    default: tuple[Any, ...],
    given: dict[str, Any],
    around: dict[str, Any],
    around_given: dict[str, Any],
) -> list[Any]:
    """Return a list with some elements changed, each by its number."""
    elements: list[Any] = list(default)
    for key, value in given.items():
        if not key.isdecimal() or int(key) >= len(elements):
            raise ValueError(
                f"an element of a list of {len(elements)} has a number from 0 on, not {key!r}"
            )
        elements[int(key)] = _merged(default[int(key)], value, around, around_given)
    return elements


def _plain(value: Any) -> Any:
    """Return what JSON has no form for: parameters and the members of enumerations."""
    return value.to_dict() if isinstance(value, Parameters) else value.value
