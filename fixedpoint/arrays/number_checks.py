"""Checks of the numbers that array functions take."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..circuit import check_array
from ..circuit.checks import shown
from ..circuit.element_index import first_index, index_text

__all__ = ["check_finite", "integer_array", "missing_format_error", "one_line", "real_array"]


def real_array(x: Any, name: str = "quantize") -> NDArray[Any]:
    """Return real numbers as an array, without loss of digits.

    Parameters
    ----------
    x : array, number or nested lists of numbers
    name : str
        Function that takes `x`, for the error messages.

    Returns
    -------
    array of float16, float32, float64, integers or objects
        Objects where a NumPy type would lose digits: int, float and Fraction.

    Raises
    ------
    TypeError
        If `x` holds other things, or floats wider than float64.
    """
    values = check_array(f"{name} takes", x)
    if not isinstance(x, np.ndarray | np.generic) and values.dtype.kind in "fuO":
        # NumPy converts a list that mixes large integers with other numbers to floats.
        objects = _python_integers(np.asarray(x, dtype=object))
        if any(isinstance(v, int) and abs(v) >> 53 for v in objects.flat):
            values = objects
    if values.dtype.kind == "O":
        values = _python_integers(values)
    kind = values.dtype.kind
    if kind == "f" and values.dtype.itemsize > 8:
        raise TypeError(f"{name} takes float64 or narrower, not {values.dtype}")
    if kind == "O" and all(_is_rational(v) for v in values.flat):
        return values
    if kind not in "fiu":
        raise TypeError(f"{name} takes real numbers, not {values.dtype}")
    return values


def _python_integers(objects: NDArray[Any]) -> NDArray[Any]:
    """Return objects with NumPy's integers as Python's, which do not overflow."""
    found = np.empty(objects.shape, object)
    for place, value in np.ndenumerate(objects):
        found[place] = int(value) if isinstance(value, np.integer) else value
    return found


def integer_array(name: str, values: Any) -> NDArray[Any]:
    """Return integers of any size as an array, of objects where NumPy would make floats."""
    array = check_array(f"{name} must be", values)
    if array.dtype.kind in "iu":
        return array
    objects = np.asarray(values, dtype=object)
    if all(isinstance(v, int | np.integer) and not isinstance(v, bool) for v in objects.flat):
        return objects
    raise TypeError(f"{name} must be integers, not {array.dtype}")


def check_finite(name: str, values: NDArray[Any]) -> None:
    """Raise a ValueError with the first index of a NaN or infinity in `values`, if any.

    Parameters
    ----------
    name : str
        Function that takes the values, for the error message.
    values : array of real numbers
    """
    if values.dtype.kind == "O":
        # Integers and fractions are finite, whatever their size.
        finite = np.array([not isinstance(v, float) or math.isfinite(v) for v in values.flat])
        finite = finite.reshape(values.shape)
    else:
        finite = np.isfinite(values)
    if not finite.all():
        index = first_index(~finite)
        raise ValueError(
            f"{name} takes finite numbers, not {float(values[index])} "
            f"at index {index_text(index)}"
        )


def missing_format_error(
    value: Any, rule: str = "an operand beside a FixedArray needs a format"
) -> TypeError:
    """Return the error for a number or an array in the place of a FixedArray."""
    with np.printoptions(threshold=8):
        text = shown(value)
    return TypeError(f"{rule}; quantize {text} first")


def one_line(text: str) -> str:
    """Return `text` with each run of white space as one space."""
    return " ".join(text.split())


def _is_rational(value: Any) -> bool:
    return isinstance(value, int | float | Fraction) and not isinstance(value, bool)
