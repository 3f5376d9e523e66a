"""Conversion of real numbers to signed powers of two."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..circuit import check_choice
from ..formats.format import Format
from ..formats.log_format import LogFormat, as_log_format
from .fixed_array import FixedArray
from .log_array import LogArray
from .number_checks import check_finite, real_array

__all__ = ["LOG_ROUNDINGS", "code_thresholds", "log_code", "log_quantize"]

LOG_ROUNDINGS = ("log", "linear")

# The smallest double above the square root of 2.
_ROOT = 1.4142135623730951


def log_quantize(x: ArrayLike | FixedArray, fmt: LogFormat, rounding: str = "log") -> LogArray:
    """Convert real numbers to signed powers of two, each rounded once from its exact value.

    Parameters
    ----------
    x : array of floats or integers, or FixedArray
        Of any shape.
    fmt : LogFormat
    rounding : {"log", "linear"}
        - ``"log"``: to the power with the nearest logarithm. A magnitude of at least
          ``sqrt(2)`` times a power is rounded up; one below the smallest power divided by
          ``sqrt(2)`` becomes zero.
        - ``"linear"``: to the nearest value, zero included, with ties rounded up. A
          magnitude of at least 1.5 times a power is rounded up; one below half the smallest
          power becomes zero.

    Returns
    -------
    LogArray
        With the shape of `x`. Magnitudes above the largest power saturate. In an unsigned
        format negative numbers become 0.

    Raises
    ------
    ValueError
        If a number is NaN or infinite. The message names the first such index.
    TypeError
        If `x` holds other things than real numbers.

    Notes
    -----
    Source: D. Miyashita, E. H. Lee and B. Murmann, "Convolutional Neural Networks using
    Logarithmic Data Representation", 2016, section 3 (``"log"``); A. Zhou, A. Yao, Y. Guo,
    L. Xu and Y. Chen, "Incremental Network Quantization", ICLR 2017, equation 4
    (``"linear"``).

    Examples
    --------
    >>> from fixedpoint import LogFormat, log_quantize
    >>> q = LogFormat(minimum_exponent=-3, maximum_exponent=0)
    >>> x = [1.45, -0.72, 0.7, 0.08, 0.0]
    >>> log_quantize(x, q).to_float()
    array([ 1. , -1. ,  0.5,  0. ,  0. ])
    >>> log_quantize(x, q, "linear").to_float()
    array([ 1.   , -0.5  ,  0.5  ,  0.125,  0.   ])
    """
    fmt = as_log_format("log_quantize format", fmt)
    rounding = check_choice("log_quantize rounding", rounding, LOG_ROUNDINGS)
    if isinstance(x, FixedArray):
        return _of_integers(x.codes, x.format, fmt, rounding)
    values = real_array(x, "log_quantize")
    if values.dtype.kind in "iu":
        width = 8 * values.dtype.itemsize
        source = Format(signed=values.dtype.kind == "i", int_bits=width, frac_bits=0)
        return _of_integers(values, source, fmt, rounding)
    check_finite("log_quantize", values)
    if values.dtype.kind == "O":
        codes = np.zeros(values.shape, np.int64)
        for index in np.ndindex(values.shape):
            value: Any = values[index]
            sign, exponent = log_code(Fraction(value), fmt, rounding)
            codes[index] = sign << fmt.exponent_width | exponent
        return LogArray(codes, fmt)
    powers = range(fmt.minimum_exponent, fmt.maximum_exponent + 1)
    if rounding == "log":
        thresholds = [math.ldexp(_ROOT, e - 1) for e in powers]
    else:
        thresholds = [math.ldexp(1.5, e - 1) for e in powers]
        thresholds[0] = math.ldexp(1.0, fmt.minimum_exponent - 1)
    numbers = values.astype(np.float64)
    exponents = np.searchsorted(np.array(thresholds), np.abs(numbers), side="right")
    return _log_array(numbers < 0, exponents, fmt)


def log_code(value: Fraction, fmt: LogFormat, rounding: str) -> tuple[int, int]:
    """Return sign and exponent code of one number: the reference of `log_quantize`.

    Parameters
    ----------
    value : Fraction
    fmt : LogFormat
    rounding : {"log", "linear"}
    """
    negative = value < 0
    if negative and not fmt.signed:
        return 0, 0
    powers = range(fmt.minimum_exponent, fmt.maximum_exponent + 1)
    code = sum(value * value >= _squared_threshold(e, fmt, rounding) for e in powers)
    return int(negative and code > 0), code


def code_thresholds(source: Format, fmt: LogFormat, rounding: str) -> list[int]:
    """Return the smallest magnitude, as a code of `source`, that rounds to each exponent."""
    unit = source.resolution**2
    squares = (
        math.ceil(_squared_threshold(e, fmt, rounding) / unit)
        for e in range(fmt.minimum_exponent, fmt.maximum_exponent + 1)
    )
    return [math.isqrt(square - 1) + 1 for square in squares]


def _squared_threshold(exponent: int, fmt: LogFormat, rounding: str) -> Fraction:
    """Return the square of the smallest magnitude that rounds to ``2**exponent``.

    Squares are rational, while a threshold may contain the square root of 2.
    """
    power = Fraction(4) ** exponent
    if rounding == "log":
        return power / 2
    return power / 4 if exponent == fmt.minimum_exponent else power * 9 / 16


def _of_integers(
    codes: NDArray[Any], source: Format, fmt: LogFormat, rounding: str
) -> LogArray:
    # Unsigned integers also hold the magnitude of the most negative code.
    numbers = codes.astype(np.int64) if source.signed else codes.astype(np.uint64)
    magnitudes = np.abs(numbers).view(np.uint64)
    thresholds = [t for t in code_thresholds(source, fmt, rounding) if t < 1 << 64]
    exponents = np.searchsorted(np.array(thresholds, np.uint64), magnitudes, side="right")
    return _log_array(numbers < 0, exponents, fmt)


def _log_array(
    negative: NDArray[np.bool_], exponents: NDArray[Any], fmt: LogFormat
) -> LogArray:
    if fmt.signed:
        signs = (negative & (exponents > 0)).astype(np.int64)
        return LogArray(signs << fmt.exponent_width | exponents, fmt)
    return LogArray(np.where(negative, 0, exponents), fmt)
