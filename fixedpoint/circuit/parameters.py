"""Frozen parameter objects, which a model and its RTL share."""

from __future__ import annotations

import dataclasses
import json
import re
from enum import Enum
from typing import Any, ClassVar, Self

from .checks import shown

__all__ = ["Parameters", "json_object"]

# Deeper values would meet the interpreter's recursion limit, which depends on its version.
MOST_LEVELS = 100

STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Parameters:
    """Base of all parameter objects: frozen, hashable, with a JSON form.

    A subclass is a frozen, keyword-only dataclass whose ``__post_init__`` validates every
    field. Fields may be integers, floats, strings, booleans, enums, tuples, or further
    `Parameters`.
    """

    # Name of the class in files of an earlier version.
    former_name: ClassVar[str | None] = None

    def __init_subclass__(cls, **options: Any) -> None:
        """Refuse a name that a class of another module has: `from_dict` finds classes by it."""
        super().__init_subclass__(**options)
        for kind in _subclasses(Parameters):
            if kind.__name__ == cls.__name__ and kind.__module__ != cls.__module__:
                raise TypeError(
                    f"parameters must have a name of their own, but {cls.__module__} and "
                    f"{kind.__module__} both define {cls.__name__}"
                )

    def _set(self, **values: Any) -> None:
        """Store validated fields; for use in ``__post_init__`` only."""
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def replace(self, **changes: Any) -> Self:
        """Return a copy with some fields changed, and validate it.

        A field that has the value its class gives it follows the changes, such as the taps of
        an LFSR its width.
        """
        for field in dataclasses.fields(self):
            if field.name not in changes and self.is_derived(field.name):
                changes[field.name] = field.default
        return dataclasses.replace(self, **changes)

    def is_derived(self, name: str) -> bool:
        """Return whether a field has the value that its class gives it by default."""
        defaults = [f.default for f in dataclasses.fields(self) if f.name == name]
        if not defaults:
            raise ValueError(f"{type(self).__name__} has no parameter {shown(name)}")
        (default,) = defaults
        if default is dataclasses.MISSING:
            return False
        if getattr(self, name) is default:
            return True
        try:
            return dataclasses.replace(self, **{name: default}) == self
        except (TypeError, ValueError, OSError):
            # The class cannot give it a value then, as where a file is no longer there.
            return False

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON values, and the class name under the key ``"type"``."""
        fields = {f.name: _plain(getattr(self, f.name)) for f in dataclasses.fields(self)}
        return {"type": type(self).__name__, **fields}

    def to_json(self) -> str:
        """Return one line of JSON, from which `from_json` makes an equal object."""
        return json.dumps(self.to_dict())

    @staticmethod
    def from_dict(values: dict[str, Any]) -> Parameters:
        """Make the parameter object that `to_dict` described.

        Raises
        ------
        ValueError
            If the type is unknown, a field is unknown or missing, a value is not valid, or
            values are nested more than 100 levels deep. The message begins with the path to
            what is unknown or missing inside of another object, such as ``generator.widht``.
        """
        if not isinstance(values, dict):
            raise ValueError(f"parameters must be a dictionary, not {shown(values)}")
        _check_levels(values)
        return _from_dict(values, "")

    @staticmethod
    def type_named(name: Any) -> type[Parameters] | None:
        """Return the parameter class of a name, or of the former name, or None.

        Of a class that was defined again, as in a notebook, it is the last one.
        """
        kinds = _subclasses(Parameters)
        named = [kind for kind in kinds if kind.__name__ == name]
        former = [kind for kind in kinds if vars(kind).get("former_name", kind) == name]
        return next(reversed(named or former), None)

    @staticmethod
    def from_json(text: str) -> Parameters:
        """Make the parameter object that `to_json` wrote.

        Raises
        ------
        ValueError
            If the text is not a JSON object, or as for `from_dict`.
        """
        return Parameters.from_dict(json_object(text))


def json_object(text: str) -> dict[str, Any]:
    """Return the JSON object that `text` holds, or raise a ValueError."""
    if not isinstance(text, str):
        raise TypeError(f"parameters must be a text of JSON, not {shown(text)}")
    level = 0
    for bracket in re.findall(r"[\[\]{}]", STRING.sub("", text)):
        level += 1 if bracket in "[{" else -1
        if level > MOST_LEVELS:
            raise ValueError(f"parameters are nested more than {MOST_LEVELS} levels deep")
    try:
        values = json.loads(text, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        raise ValueError(f"parameters are not JSON: {error}") from None
    if not isinstance(values, dict):
        raise ValueError(f"parameters must be a JSON object, not {shown(text.strip())}")
    return values


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a JSON object, in which each key may stand once."""
    values = dict(pairs)
    if len(values) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"parameters have the key {shown(twice)} twice in one object")
    return values


def _from_dict(values: dict[str, Any], path: str) -> Parameters:
    """Return the object that is described at a path, which is empty or ends with a point."""
    name = values.get("type")
    kind = Parameters.type_named(name)
    where = f"{path[:-1]}: " if path else ""
    if kind is None:
        near = _nearest(name, [k.__name__ for k in _subclasses(Parameters)], show_all=False)
        raise ValueError(f"{where}parameters must name a known type, not {shown(name)}{near}")
    known = {f.name: f for f in dataclasses.fields(kind)}
    for key in values:
        if key not in known and key != "type":
            where = f"{path}{key}: " if path else ""
            near = _nearest(key, list(known), show_all=True)
            raise ValueError(f"{where}{name} has no parameter {shown(key)}{near}")
    for field in known.values():
        if field.default is dataclasses.MISSING and field.name not in values:
            raise ValueError(f"{where}{name} needs the parameter {field.name!r}")
    given = {k: _rich(v, f"{path}{k}.") for k, v in values.items() if k != "type"}
    try:
        return kind(**given)
    except TypeError as error:
        raise ValueError(f"{name}: {error}") from None


def _nearest(name: Any, known: list[str], *, show_all: bool) -> str:
    """Return a hint at the most similar names, or at all of them if none is similar."""
    import difflib

    near = difflib.get_close_matches(name, known, n=3) if isinstance(name, str) else []
    if near:
        return f"; did you mean {' or '.join(near)}"
    return f"; it has {', '.join(known)}" if show_all and known else ""


def _check_levels(values: Any) -> None:
    """Raise a ValueError if dictionaries and lists are nested too deeply."""
    inside = [values]
    for _ in range(MOST_LEVELS + 1):
        nested = [v for v in inside if isinstance(v, dict | list)]
        inside = [v for n in nested for v in (n.values() if isinstance(n, dict) else n)]
    if nested:
        raise ValueError(f"parameters are nested more than {MOST_LEVELS} levels deep")


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


def _rich(value: Any, path: str) -> Any:
    if isinstance(value, dict):
        return _from_dict(value, path)
    if isinstance(value, list):
        return tuple(_rich(v, f"{path}{i}.") for i, v in enumerate(value))
    return value
