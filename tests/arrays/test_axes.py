"""Axes that are not there, and extremes of nothing."""

from functools import partial

import numpy as np
import pytest
from numpy.exceptions import AxisError

from fixedpoint import (
    binarize,
    mean,
    ternarize,
)
from fixedpoint.arrays import quantize


@pytest.mark.parametrize("name", ["sum", "max", "min", "argmax", "argmin", "cumsum"])
@pytest.mark.parametrize("by", ["method", "numpy"])
def test_an_axis_that_is_not_there(name, by):
    array = quantize(np.ones((2, 3)), "sQ4.4")
    reduce = getattr(array, name) if by == "method" else partial(getattr(np, name), array)
    for axis in (2, 5, -3):
        with pytest.raises(AxisError) as error:
            reduce(axis=axis)
        assert str(error.value) == f"axis {axis} is out of bounds for array of dimension 2"
    several = " or a tuple of integers" if name in ("sum", "max", "min") else ""
    for axis in (1.5, "rows"):
        with pytest.raises(TypeError) as error:
            reduce(axis=axis)
        assert str(error.value) == f"axis must be an integer{several}, not {axis!r}"
    if several:
        with pytest.raises(ValueError) as error:
            reduce(axis=(0, -2))
        assert str(error.value) == "axis must name each dimension once, not (0, -2)"
    else:
        with pytest.raises(TypeError) as error:
            reduce(axis=(0,))
        assert str(error.value) == "axis must be an integer, not (0,)"


@pytest.mark.parametrize(
    "call",
    [
        lambda array: mean(array, "sQ4.4", axis=5),
        lambda array: np.flip(array, axis=5),
        lambda array: np.sort(array, axis=5),
        lambda array: np.roll(array, 1, axis=5),
        lambda array: np.repeat(array, 2, axis=5),
        lambda array: np.take(array, 0, axis=5),
        lambda array: np.concatenate([array, array], axis=5),
        lambda array: np.argsort(array, axis=5),
        lambda array: binarize(array.to_float(), axis=5),
        lambda array: ternarize(array.to_float(), axis=5),
    ],
)
def test_every_function_refuses_an_axis_in_the_same_words(call):
    with pytest.raises(AxisError, match="axis 5 is out of bounds for array of dimension 2$"):
        call(quantize(np.ones((2, 3)), "sQ4.4"))


@pytest.mark.parametrize("name", ["max", "min", "argmax", "argmin"])
def test_there_is_no_extreme_of_nothing(name):
    array = quantize(np.ones((2, 0)), "sQ4.4")
    for axis in (None, 1):
        with pytest.raises(ValueError) as error:
            getattr(array, name)(axis)
        assert str(error.value) == f"{name} takes one element or more, not the shape (2, 0)"
    # Of each of no columns there is one.
    assert getattr(array, name)(0).shape == (0,)
    assert array.sum(axis=1).to_float().tolist() == [0, 0]
