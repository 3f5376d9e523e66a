"""Pooling layers against fractions and integers."""

import math
from fractions import Fraction

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from torch import nn

from fixedpoint import (
    Format,
    Overflow,
    Rounding,
)
from fixedpoint.layers import (
    AvgPool2d,
    Cast,
    GlobalAvgPool2d,
    MaxPool2d,
    to_array,
)
from fixedpoint.rounding.reference import fit_exactly, round_exactly
from tests.support.layer_values import codes_of, random_values

POOLS = [
    # kernel, stride, padding, ceil_mode, count_include_pad
    (2, None, 0, False, True),
    (2, 2, 0, True, True),
    ((3, 2), (2, 3), (1, 1), False, True),
    ((3, 2), (2, 3), (1, 1), True, True),
    (3, 2, 1, True, False),
    (3, 3, 1, True, True),
]


def windows(size, kernel, stride, padding, ceil_mode):
    """Return, for each window of an axis, its pixels and how many places it has in all."""
    steps = Fraction(size + 2 * padding - kernel, stride)
    count = (math.ceil(steps) if ceil_mode else math.floor(steps)) + 1
    found = []
    for i in range(count):
        begin = i * stride - padding
        if begin >= size + padding or (ceil_mode and begin >= size):
            continue  # torch leaves out a window that starts beyond the image
        places = range(begin, min(begin + kernel, size + padding))
        found.append(([p for p in places if 0 <= p < size], len(places)))
    return found


def pair(value):
    return value if isinstance(value, tuple) else (value, value)


@pytest.mark.parametrize("pool", POOLS, ids=map(str, POOLS))
@pytest.mark.parametrize("rounding", [Rounding.NEAREST_EVEN, Rounding.CEIL])
def test_average_pooling_equals_fractions(pool, rounding):
    kernel, stride, padding, ceil_mode, include = pool
    x = random_values("sQ3.2", 2, 2, 5, 7)
    fmt = Format.parse("sQ2.4")
    layer = AvgPool2d(*pool, input="sQ3.2", output=Cast(format=fmt, rounding=rounding))
    made = codes_of(layer(x), fmt)
    axes = [
        windows(size, k, s, p, ceil_mode)
        for size, k, s, p in zip(
            (5, 7), pair(kernel), pair(kernel if stride is None else stride), pair(padding),
            strict=True,
        )
    ]  # fmt: skip
    for n, c in np.ndindex(2, 2):
        expected = [
            [
                fit_exactly(
                    round_exactly(
                        sum(Fraction(float(x[n, c, i, j])) for i in rows for j in columns)
                        / (high * wide if include else len(rows) * len(columns))
                        / fmt.resolution,
                        rounding,
                    ),
                    fmt,
                    Overflow.SATURATE,
                )
                for columns, wide in axes[1]
            ]
            for rows, high in axes[0]
        ]
        assert made[n][c] == expected
    float_pool = nn.AvgPool2d(kernel, stride, padding, ceil_mode, include)
    assert layer(x).shape == float_pool(x).shape


def test_global_average_pooling():
    x = random_values("uQ2.6", 3, 4, 7, 5)
    cast = Cast(format="uQ1.9", rounding=Rounding.NEAREST_UP)
    made = codes_of(GlobalAvgPool2d(input="uQ2.6", output=cast)(x), "uQ1.9")
    for n, c in np.ndindex(3, 4):
        mean = sum(Fraction(float(v)) for v in x[n, c].flatten()) / 35
        code = fit_exactly(round_exactly(mean * 512, cast.rounding), cast.format, cast.overflow)
        assert made[n][c] == [[code]]


def test_gradients_of_average_pooling():
    x = torch.tensor([[[[1.0, 2.0], [3.0, 3.0]]], [[[0.0, 0.0], [0.0, 1.0]]]])
    x.requires_grad_(True)
    pool = GlobalAvgPool2d(input="uQ2.0", output=Cast(format="uQ1.1"))
    made = pool(x)
    assert made.flatten().tolist() == [1.5, 0.0]
    made.sum().backward()
    # The first mean, 2.25, saturates.
    assert x.grad[0].flatten().tolist() == [0.0] * 4
    assert x.grad[1].flatten().tolist() == [0.25] * 4


def test_max_pooling_equals_integers():
    x = random_values("sQ3.2", 2, 2, 5, 7)
    made = MaxPool2d(3, 2, 1, ceil_mode=True)(x)
    axes = [windows(size, 3, 2, 1, True) for size in (5, 7)]
    codes = to_array(x, Format.parse("sQ3.2")).codes
    for n, c in np.ndindex(2, 2):
        expected = [
            [
                max(int(codes[n, c, i, j]) for i in rows for j in columns)
                for columns, _ in axes[1]
            ]
            for rows, _ in axes[0]
        ]
        assert codes_of(made, "sQ3.2")[n][c] == expected
