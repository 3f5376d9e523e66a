"""Checks of the arrays that functions are given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.exceptions import AxisError
from numpy.lib.array_utils import normalize_axis_tuple

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["check_array", "check_axes", "check_broadcast", "check_control"]


def check_array(rule: str, values: ArrayLike) -> NDArray[Any]:
    """Return `values` as an array, or raise a ValueError that begins with `rule`.

    Parameters
    ----------
    rule : str
        Who needs what: ``"codes must be"``.
    values : array, number or nested lists
    """
    try:
        return np.asarray(values)
    except ValueError:
        raise ValueError(f"{rule} an array, not lists of different lengths") from None


def check_axes(axis: Any, dimensions: int) -> tuple[int, ...]:
    """Return the axes that `axis` names, counted from the first one; all of them for None.

    Parameters
    ----------
    axis : int, tuple of int or None
        Negative ones count from the last.
    dimensions : int
        Of the array.

    Raises
    ------
    TypeError
        If it is something else.
    numpy.exceptions.AxisError
        If there is no such axis: a ValueError, as NumPy itself raises it.
    ValueError
        If one is named twice.
    """
    if axis is None:
        return tuple(range(dimensions))
    try:
        return normalize_axis_tuple(axis, dimensions)
    except TypeError:
        raise TypeError(
            f"axis must be an integer or a tuple of integers, not {axis!r}"
        ) from None
    except AxisError:
        raise
    except ValueError:
        raise ValueError(f"axis must name each dimension once, not {axis}") from None


def check_broadcast(name: str, a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape to which two broadcast, or raise an error that begins with `name`."""
    try:
        return a if a == b else np.broadcast_shapes(a, b)
    except ValueError:
        raise ValueError(f"{name} takes shapes that broadcast, not {a} and {b}") from None


def check_control(
    name: str, values: ArrayLike | None, cycles: int, default: bool
) -> NDArray[np.bool_]:
    """Return a control pin's bit of each cycle, by default always the same one.

    Raises
    ------
    TypeError
        If `values` are neither booleans nor integers.
    ValueError
        If one is neither 0 nor 1, or their number is not `cycles`.
    """
    if values is None:
        return np.full(cycles, default)
    array = check_array(f"{name} takes", values).reshape(-1)
    if array.dtype.kind not in "biu" and array.size:
        raise TypeError(f"{name} takes booleans, or integers 0 and 1, not {array.dtype}")
    if len(array) != cycles:
        raise ValueError(f"{name} has {len(array)} cycles, not {cycles}")
    wrong = array[(array != 0) & (array != 1)]
    if wrong.size:
        raise ValueError(f"{name} takes 0 and 1, not {wrong[0]}")
    return array.astype(np.bool_)
