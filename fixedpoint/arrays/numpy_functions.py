"""The NumPy functions that a FixedArray supports: those with exact results.

Every function here takes the array class as its first argument, so that this module does not
import it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .number_checks import missing_format_error

__all__ = ["apply_function", "apply_ufunc"]


def apply_ufunc(
    array_class: Any, ufunc: Any, method: str, inputs: Sequence[Any], keywords: dict[str, Any]
) -> Any:
    """Implement ``FixedArray.__array_ufunc__``."""
    if ufunc in _EXTREMES and method == "__call__" and not keywords:
        return _extreme(array_class, ufunc, inputs)
    operation = _UFUNCS.get(ufunc)
    if operation is None or method != "__call__" or keywords:
        name = ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"
        options = f" with {', '.join(sorted(keywords))}" if keywords else ""
        raise TypeError(
            f"numpy.{name}{options} is not exact on a FixedArray"
            f"{_HINTS.get(ufunc.__name__, '')}"
        )
    if not isinstance(inputs[0], array_class):
        swapped = _SWAPPED.get(ufunc)
        if swapped is None:
            raise missing_format_error(inputs[0])
        return swapped(inputs[1], inputs[0])
    return operation(*inputs)


def apply_function(
    array_class: Any, function: Any, arguments: Sequence[Any], keywords: dict[str, Any]
) -> Any:
    """Implement ``FixedArray.__array_function__``."""
    if function in _REARRANGEMENTS:
        array, *rest = arguments
        codes = function(array.codes, *rest, **keywords)
        return array_class.from_valid_codes(codes, array.format)
    if function in _METHODS:
        return getattr(arguments[0], _METHODS[function])(*arguments[1:], **keywords)
    if function in _JOINS:
        others = [name for name in keywords if name != "axis"]
        if others or not arguments:
            raise TypeError(
                f"numpy.{function.__name__} of FixedArray takes arrays and axis, not "
                f"{', '.join(others)}"
            )
        arrays, *rest = arguments
        fmt = _common_format(array_class, function.__name__, arrays)
        return array_class.from_valid_codes(
            function([a.codes for a in arrays], *rest, **keywords), fmt
        )
    if function in _CODE_QUERIES:
        return function(arguments[0].codes, *arguments[1:], **keywords)
    if function is np.where and len(arguments) == 3 and not keywords:
        condition, *choices = arguments
        fmt = _common_format(array_class, "where", choices)
        return array_class.from_valid_codes(
            np.where(condition, *(c.codes for c in choices)), fmt
        )
    if function is np.array_equal and not keywords:
        a, b = arguments
        for array in (a, b):
            if not isinstance(array, array_class):
                raise missing_format_error(array)
        return a.shape == b.shape and bool(np.all(a == b))
    raise TypeError(
        f"numpy.{function.__name__} is not exact on a FixedArray"
        f"{_HINTS.get(function.__name__, '')}"
    )


def _common_format(array_class: Any, name: str, arrays: Sequence[Any]) -> Any:
    for array in arrays:
        if not isinstance(array, array_class):
            raise missing_format_error(array)
        if array.format != arrays[0].format:
            raise ValueError(
                f"numpy.{name} takes arrays of one format, "
                f"not {arrays[0].format} and {array.format}; cast one of them"
            )
    return arrays[0].format


def _extreme(array_class: Any, ufunc: Any, inputs: Sequence[Any]) -> Any:
    fmt = _common_format(array_class, ufunc.__name__, inputs)
    return array_class.from_valid_codes(ufunc(*(a.codes for a in inputs)), fmt)


_EXTREMES = {np.maximum, np.minimum}

_UFUNCS: dict[Any, Callable[..., Any]] = {
    np.add: operator.add,
    np.subtract: operator.sub,
    np.multiply: operator.mul,
    np.matmul: operator.matmul,
    np.negative: operator.neg,
    np.positive: operator.pos,
    np.absolute: operator.abs,
    np.equal: operator.eq,
    np.not_equal: operator.ne,
    np.less: operator.lt,
    np.less_equal: operator.le,
    np.greater: operator.gt,
    np.greater_equal: operator.ge,
}

# For a NumPy array or scalar to the left of a comparison.
_SWAPPED: dict[Any, Callable[[Any, Any], Any]] = {
    np.equal: operator.eq,
    np.not_equal: operator.ne,
    np.less: operator.gt,
    np.less_equal: operator.ge,
    np.greater: operator.lt,
    np.greater_equal: operator.le,
}

# Functions that only move or repeat elements.
_REARRANGEMENTS = {
    np.atleast_1d,
    np.atleast_2d,
    np.atleast_3d,
    np.broadcast_to,
    np.copy,
    np.diagonal,
    np.expand_dims,
    np.flip,
    np.moveaxis,
    np.ravel,
    np.repeat,
    np.reshape,
    np.roll,
    np.rot90,
    np.sort,
    np.squeeze,
    np.swapaxes,
    np.take,
    np.take_along_axis,
    np.tile,
    np.transpose,
}

_METHODS = {
    np.sum: "sum",
    np.cumsum: "cumsum",
    np.max: "max",
    np.min: "min",
    np.argmax: "argmax",
    np.argmin: "argmin",
}

_JOINS = {np.concatenate, np.stack, np.vstack, np.hstack, np.dstack}

_CODE_QUERIES = {np.shape, np.ndim, np.size, np.argsort, np.nonzero, np.count_nonzero}

_HINTS = {
    "sqrt": "; use fixedpoint.sqrt, which takes the result's format",
    "divide": "; use fixedpoint.divide, which takes the result's format",
    "true_divide": "; use fixedpoint.divide, which takes the result's format",
    "mean": "; use fixedpoint.mean, which takes the result's format",
    "dot": "; use @",
}
