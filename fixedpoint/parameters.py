"""Frozen parameter objects: the one thing that a model and its RTL share."""

from __future__ import annotations

import dataclasses
import json
import operator
from enum import Enum
from numbers import Real
from typing import Any, Self

__all__ = [
    "Parameters",
    "check_choice",
    "check_flag",
    "check_integer",
    "check_number",
    "json_object",
]

# Characters of a refused value that are shown.
SHOWN = 200


def check_integer(name: str, value: Any, low: int, high: int) -> int:
    """Return `value` as an int, or say which range it breaks.

    Parameters
    ----------
    name : str
        What the value is, as it begins the error: ``"LFSR width"``.
    value : int
        Any integer, NumPy's included. Booleans and floats are refused.
    low, high : int
        Inclusive range.

    Raises
    ------
    TypeError
        If `value` is not an integer.
    ValueError
        If `value` is outside ``low..high``.
    """
    try:
        if isinstance(value, bool):
            raise TypeError
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} must be an integer, not {_shown(value)}") from None
    if not low <= number <= high:
        raise ValueError(f"{name} must be between {low} and {high}, not {number}")
    return number


def check_choice(name: str, value: Any, choices: tuple[str, ...]) -> str:
    """Return `value` if it is one of `choices`, or raise a ValueError that lists them."""
    if not (isinstance(value, str) and value in choices):
        raise ValueError(f"{name} must be one of {', '.join(choices)}, not {_shown(value)}")
    return value


def check_flag(name: str, value: Any) -> bool:
    """Return `value` if it is True or False, or raise a TypeError."""
    if not isinstance(value, bool):
        raise TypeError(f"{name} must be True or False, not {_shown(value)}")
    return value


def check_number(name: str, value: Any) -> Any:
    """Return `value` if it is a real number and no boolean, or raise a TypeError."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name} must be a number, not {_shown(value)}")
    return value


def _shown(value: Any) -> str:
    """Return a value on one line, cut where it is long, as an array can be."""
    text = repr(value)
    if "\n" in text or len(text) > SHOWN:
        text = " ".join(text.split())
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


@dataclasses.dataclass(frozen=True, kw_only=True)
class Parameters:
    """Base of every parameter object: frozen, hashable, and written to and read from JSON.

    A subclass is a frozen, keyword-only dataclass whose ``__post_init__`` validates every
    field. Fields may be integers, floats, strings, booleans, enums, tuples, or further
    `Parameters`.
    """

    def _set(self, **values: Any) -> None:
        """Store validated fields; for use in ``__post_init__`` alone."""
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def replace(self, **changes: Any) -> Self:
        """Return a copy with some fields changed, validated anew."""
        return dataclasses.replace(self, **changes)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON values under the key ``"type"`` for the class name."""
        fields = {f.name: _plain(getattr(self, f.name)) for f in dataclasses.fields(self)}
        return {"type": type(self).__name__, **fields}

    def to_json(self) -> str:
        """Return one line of JSON from which `from_json` makes an equal object."""
        return json.dumps(self.to_dict())

    @staticmethod
    def from_dict(values: dict[str, Any]) -> Parameters:
        """Make the parameter object that `to_dict` described.

        Raises
        ------
        ValueError
            If the type is unknown, a field is unknown or missing, or a value is not valid.
        """
        name = values.get("type")
        kind = next((c for c in _subclasses(Parameters) if c.__name__ == name), None)
        if kind is None:
            raise ValueError(f"parameters must name a known type, not {name!r}")
        known = {f.name: f for f in dataclasses.fields(kind)}
        unknown = sorted(set(values) - known.keys() - {"type"})
        if unknown:
            raise ValueError(f"{name} has no parameter {unknown[0]!r}")
        for field in known.values():
            if field.default is dataclasses.MISSING and field.name not in values:
                raise ValueError(f"{name} needs the parameter {field.name!r}")
        try:
            return kind(**{k: _rich(v) for k, v in values.items() if k != "type"})
        except RecursionError:
            raise ValueError("parameters are nested too deeply") from None
        except TypeError as error:
            raise ValueError(f"{name}: {error}") from None

    @staticmethod
    def from_json(text: str) -> Parameters:
        """Make the parameter object that `to_json` wrote.

        Raises
        ------
        ValueError
            If the text is not JSON, no object, or as for `from_dict`.
        """
        return Parameters.from_dict(json_object(text))


def json_object(text: str) -> dict[str, Any]:
    """Return the JSON object that `text` holds, or raise a ValueError."""
    try:
        values = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"parameters are not JSON: {error}") from None
    if not isinstance(values, dict):
        raise ValueError(f"parameters must be a JSON object, not {text.strip()!r}")
    return values


def _subclasses(kind: type) -> list[type]:
    found: list[type] = []
    child: type
    for child in kind.__subclasses__():
        found += [child, *_subclasses(child)]
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, Parameters):
        return value.to_dict()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return [_plain(v) for v in value]
    return value


def _rich(value: Any) -> Any:
    if isinstance(value, dict):
        return Parameters.from_dict(value)
    if isinstance(value, list):
        return tuple(_rich(v) for v in value)
    return value
