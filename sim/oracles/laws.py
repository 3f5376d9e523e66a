"""Functions on real values that several circuits are for; see `sim.Entry.law`."""

from __future__ import annotations

import math

import numpy as np

__all__ = [
    "bernstein",
    "coded",
    "counted",
    "entering",
    "first",
    "larger",
    "mean_of_streams",
    "pair",
    "product",
    "ratio",
    "smaller",
    "square_root",
]


def first(parameters, values, encoding):
    """Return the value that goes in."""
    return next(iter(values.values()))


def coded(parameters, values, encoding):
    """Return the value of the code."""
    return values["code"]


def pair(parameters, values, encoding):
    """Return both values that go in."""
    return {"a_out": values["a"], "b_out": values["b"]}


def product(parameters, values, encoding):
    """Return the product of two values."""
    one, other = values.values()
    return one * other


def larger(parameters, values, encoding):
    """Return the larger of two values."""
    return np.maximum(values["a"], values["b"])


def smaller(parameters, values, encoding):
    """Return the smaller of two values."""
    return np.minimum(values["a"], values["b"])


def mean_of_streams(parameters, values, encoding):
    """Return the mean of several values."""
    return values["streams"].mean(axis=-1)


def counted(parameters, values, encoding):
    """Return the mean of the ones of several streams, cycle by cycle."""
    streams = values["streams"]
    return {"count": (streams if encoding == "unipolar" else (1 + streams) / 2).sum(axis=-1)}


def ratio(parameters, values, encoding):
    """Return the quotient, which is defined for divisors above 0 and dividends up to them."""
    x, y = values["dividend"], values["divisor"]
    return np.where((y > 0) & (x <= y), x / np.where(y > 0, y, 1), np.nan)


def square_root(parameters, values, encoding):
    """Return the square root."""
    return np.sqrt(values["x"])


def entering(parameters, values, encoding):
    """Return the value that a stream follows."""
    return {"stream": values["stream_in"]}


def bernstein(coefficients, x):
    """Return the sum of b_k C(n, k) x^k (1 - x)^(n - k)."""
    n = len(coefficients) - 1
    return sum(
        b * math.comb(n, k) * x**k * (1 - x) ** (n - k) for k, b in enumerate(coefficients)
    )
