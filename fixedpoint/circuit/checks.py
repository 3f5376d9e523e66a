"""Checks of single arguments."""

from __future__ import annotations

import operator
from numbers import Real
from typing import Any

__all__ = ["check_choice", "check_flag", "check_integer", "check_number", "shown"]

# Longest text of a refused value in an error message.
SHOWN = 200


def check_integer(name: str, value: Any, low: int, high: int) -> int:
    """Return `value` as an int after a check of its type and range.

    Parameters
    ----------
    name : str
        Beginning of the error message: ``"LFSR width"``.
    value : int
        Any integer type. Booleans and floats are refused.
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
        raise TypeError(f"{name} must be an integer, not {shown(value)}") from None
    if not low <= number <= high:
        raise ValueError(f"{name} must be between {low} and {high}, not {shown(number)}")
    return number


def check_choice(name: str, value: Any, choices: tuple[str, ...]) -> str:
    """Return `value` if it is one of `choices`, or raise a ValueError that lists them."""
    if not (isinstance(value, str) and value in choices):
        raise ValueError(f"{name} must be one of {', '.join(choices)}, not {shown(value)}")
    return value


def check_flag(name: str, value: Any) -> bool:
    """Return `value` if it is True or False, or raise a TypeError."""
    if not isinstance(value, bool):
        raise TypeError(f"{name} must be True or False, not {shown(value)}")
    return value


def check_number(name: str, value: Any) -> Any:
    """Return `value` if it is a real number and not a boolean, or raise a TypeError."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name} must be a number, not {shown(value)}")
    return value


def shown(value: Any) -> str:
    """Return the text of a value for a message: one line of at most 200 characters."""
    cut: Any = value
    if isinstance(value, str | bytes | list | tuple) and len(value) > SHOWN:
        # The text of megabytes would only be cut off.
        cut = value[: SHOWN + 1]
    try:
        text = repr(cut)
    except ValueError:
        # Python writes no integers of over 4300 digits.
        return f"an integer of {value.bit_length()} bits" if isinstance(value, int) else "..."
    except Exception:
        text = f"a value of type {type(value).__name__}"
    if "\n" in text or len(text) > SHOWN:
        text = " ".join(text.split())
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."
