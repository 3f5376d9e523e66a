"""The order in which a circuit takes the bits of a word from outside."""

from __future__ import annotations

from typing import Any

from fixedpoint.circuit import check_integer
from fixedpoint.circuit.checks import shown

__all__ = ["check_order", "ordered"]


def check_order(name: str, order: Any, width: int) -> tuple[int, ...] | None:
    """Return a permutation of 0..width - 1, or None, after a check.

    Raises
    ------
    TypeError, ValueError
        If it is no tuple or no permutation.
    """
    if order is None:
        return None
    if not isinstance(order, tuple):
        raise TypeError(f"{name} order must be a tuple, not {shown(order)}")
    found = tuple(check_integer(f"{name} order", i, 0, width - 1) for i in order)
    if sorted(found) != list(range(width)):
        raise ValueError(
            f"{name} order must have every bit of {width} once, not {shown(order)}"
        )
    return found


def ordered(word: Any, order: tuple[int, ...] | None) -> Any:
    """Return words with bit ``order[i]`` as bit i; unchanged without an order."""
    if order is None:
        return word
    number = word & 0
    for i, bit in enumerate(order):
        number = number | ((word >> bit) & 1) << i
    return number
