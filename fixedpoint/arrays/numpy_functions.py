"""Which NumPy functions a FixedArray knows: those that are exact. All others raise."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .fixed_array import FixedArray, without_format

__all__ = ["apply_function", "apply_ufunc"]


def apply_ufunc(
    ufunc: Any, method: str, inputs: Sequence[Any], keywords: dict[str, Any]
) -> Any:
    """Serve ``FixedArray.__array_ufunc__``."""
    operation = _UFUNCS.get(ufunc)
    if operation is None or method != "__call__" or keywords:
        name = ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"
        options = f" with {', '.join(sorted(keywords))}" if keywords else ""
        raise TypeError(
            f"numpy.{name}{options} is not exact on a FixedArray"
            f"{_HINTS.get(ufunc.__name__, '')}"
        )
    if not isinstance(inputs[0], FixedArray):
        swapped = _SWAPPED.get(ufunc)
        if swapped is None:
            raise without_format(inputs[0])
        return swapped(inputs[1], inputs[0])
    return operation(*inputs)


def apply_function(function: Any, arguments: Sequence[Any], keywords: dict[str, Any]) -> Any:
    """Serve ``FixedArray.__array_function__``."""
    if function in _MOVES:
        array, *rest = arguments
        codes = function(array.codes, *rest, **keywords)
        return FixedArray._of(codes, array.format)
    if function in _METHODS:
        return getattr(arguments[0], _METHODS[function])(*arguments[1:], **keywords)
    if function in _JOINS:
        arrays, *rest = arguments
        fmt = _one_format(function.__name__, arrays)
        return FixedArray._of(function([a.codes for a in arrays], *rest, **keywords), fmt)
    if function in _QUESTIONS:
        return function(arguments[0].codes, *arguments[1:], **keywords)
    if function is np.where and len(arguments) == 3 and not keywords:
        condition, *choices = arguments
        fmt = _one_format("where", choices)
        return FixedArray._of(np.where(condition, *(c.codes for c in choices)), fmt)
    if function is np.array_equal and not keywords:
        a, b = arguments
        return a.shape == b.shape and bool(np.all(a == b))
    raise TypeError(
        f"numpy.{function.__name__} is not exact on a FixedArray"
        f"{_HINTS.get(function.__name__, '')}"
    )


def _one_format(name: str, arrays: Sequence[Any]) -> Any:
    for array in arrays:
        if not isinstance(array, FixedArray):
            raise without_format(array)
        if array.format != arrays[0].format:
            raise ValueError(
                f"numpy.{name} takes arrays of one format, "
                f"not {arrays[0].format} and {array.format}; cast one of them"
            )
    return arrays[0].format


def _extreme(function: Any) -> Callable[[FixedArray, Any], FixedArray]:
    def apply(a: FixedArray, b: Any) -> FixedArray:
        fmt = _one_format(function.__name__, [a, b])
        return FixedArray._of(function(a.codes, b.codes), fmt)

    return apply


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
    np.maximum: _extreme(np.maximum),
    np.minimum: _extreme(np.minimum),
}

# A plain number on the left of a comparison, as ndarrays and NumPy scalars bring it.
_SWAPPED: dict[Any, Callable[[Any, Any], Any]] = {
    np.equal: operator.eq,
    np.not_equal: operator.ne,
    np.less: operator.gt,
    np.less_equal: operator.ge,
    np.greater: operator.lt,
    np.greater_equal: operator.le,
}

# Functions that only move or repeat elements.
_MOVES = {
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

_QUESTIONS = {np.shape, np.ndim, np.size, np.argsort, np.nonzero, np.count_nonzero}

_HINTS = {
    "sqrt": "; use fixedpoint.sqrt, which takes the result's format",
    "divide": "; use fixedpoint.divide, which takes the result's format",
    "true_divide": "; use fixedpoint.divide, which takes the result's format",
    "mean": "; use fixedpoint.mean, which takes the result's format",
    "dot": "; use @",
}
