"""Checks of array arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.exceptions import AxisError
from numpy.lib.array_utils import normalize_axis_tuple

from .checks import shown

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["check_array", "check_axes", "check_broadcast", "check_control", "check_floats"]


def check_array(rule: str, values: ArrayLike) -> NDArray[Any]:
    """Return `values` as an array in native order, or raise an error that begins with `rule`.

    Parameters
    ----------
    rule : str
        Beginning of the error message: ``"codes must be"``.
    values : array, number or nested lists

    Raises
    ------
    ValueError
        If lists have different lengths.
    TypeError
        If `values` is a masked array, whose mask would be lost, or cannot be an array.
    """
    if isinstance(values, np.ma.MaskedArray):
        raise TypeError(f"{rule} an array, not a masked one, whose mask would be lost")
    try:
        array = np.asarray(values)
    except ValueError:
        raise ValueError(f"{rule} an array, not lists of different lengths") from None
    except Exception as error:
        # Other libraries' conversions can raise anything.
        why = f"{type(error).__name__}: {error}"
        raise TypeError(f"{rule} an array, not {type(values).__name__} ({why})") from None
    # Compiled kernels take the machine's order of bytes alone.
    native = array.dtype.newbyteorder("=")
    return array if array.dtype.isnative else array.astype(native)


def check_floats(rule: str, values: ArrayLike) -> NDArray[np.float64]:
    """Return real numbers as float64, or raise an error that begins with `rule`.

    Raises
    ------
    TypeError
        If `values` are no numbers.
    ValueError
        If a number is too large for float64.
    """
    array = check_array(rule, values)
    if array.dtype.kind not in "biufO":
        raise TypeError(f"{rule} real numbers, not {array.dtype}")
    try:
        return array.astype(np.float64)
    except OverflowError:
        raise ValueError(f"{rule} numbers in the range of float64") from None
    except (TypeError, ValueError):
        raise TypeError(f"{rule} real numbers, not {shown(values)}") from None


def check_axes(axis: Any, dimensions: int) -> tuple[int, ...]:
    """Return axes as non-negative integers; None stands for all axes.

    Parameters
    ----------
    axis : int, tuple of int or None
        Negative numbers count from the last axis.
    dimensions : int
        Number of axes of the array.

    Raises
    ------
    TypeError
        If `axis` is neither an integer nor a tuple of integers.
    numpy.exceptions.AxisError
        If there is no such axis. It is a ValueError.
    ValueError
        If an axis is named twice.
    """
    if axis is None:
        return tuple(range(dimensions))
    try:
        return normalize_axis_tuple(axis, dimensions)
    except TypeError:
        raise TypeError(
            f"axis must be an integer or a tuple of integers, not {shown(axis)}"
        ) from None
    except AxisError:
        raise
    except OverflowError:
        raise ValueError(
            f"axis {shown(axis)} is out of bounds for array of dimension {dimensions}"
        ) from None
    except ValueError:
        raise ValueError(f"axis must name each dimension once, not {shown(axis)}") from None


def check_broadcast(name: str, a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape to which two shapes broadcast; errors begin with `name`."""
    try:
        return a if a == b else np.broadcast_shapes(a, b)
    except ValueError:
        raise ValueError(f"{name} takes shapes that broadcast, not {a} and {b}") from None


def check_control(
    name: str, values: ArrayLike | None, cycles: int, default: bool
) -> NDArray[np.bool_]:
    """Return the bit of a control pin in each cycle; `default` stands for None.

    Raises
    ------
    TypeError
        If `values` are neither booleans nor integers.
    ValueError
        If a value is neither 0 nor 1, or the number of values is not `cycles`.
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
