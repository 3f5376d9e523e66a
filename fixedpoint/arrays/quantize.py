"""Conversion of real numbers to codes, each rounded once.

The conversion is exact because a double is an integer times a power of two.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..formats.format import Format, as_format
from ..formats.modes import Overflow, Rounding
from ..rounding import kernels
from ..rounding.format_conversion import requantize_codes
from ..rounding.reference import fit_exactly, round_exactly
from ..rounding.rules import (
    ERROR,
    as_storage,
    overflow_mark,
    overflow_rule,
    raise_overflow,
    storage_type,
)
from ..rounding.word_reader import WordReader, as_reader
from .fixed_array import FixedArray
from .number_checks import check_finite, real_array

__all__ = ["AWAY_THRESHOLDS", "quantize"]


def quantize(
    x: ArrayLike | FixedArray,
    fmt: Format | str,
    rounding: Rounding = Rounding.NEAREST_EVEN,
    overflow: Overflow = Overflow.SATURATE,
    *,
    bits: Any = None,
) -> FixedArray:
    """Convert real numbers to a fixed-point format, each rounded once from its exact value.

    Parameters
    ----------
    x : array of float16, float32, float64 or integers, of any shape
        Or nested lists of Python numbers: floats, fractions, and integers of any size. A
        `FixedArray` is cast.
    fmt : Format or str
    rounding : Rounding
    overflow : Overflow
    bits : word source or WordReader
        For STOCHASTIC. Element i in C order takes the i-th word.

    Returns
    -------
    FixedArray
        With the shape of `x`.

    Raises
    ------
    ValueError
        If a number is NaN or infinite. The message names the first such index.
    CodeOverflowError
        If a number does not fit and `overflow` is ERROR. The message names index and value.
    TypeError
        If `x` holds other things than real numbers, or STOCHASTIC rounding has no `bits`.

    Examples
    --------
    >>> from fixedpoint import Overflow, Rounding, quantize
    >>> x = quantize([0.1, -1.5, 9.0], "sQ4.4")
    >>> x
    quantize([0.125, -1.5, 7.9375], 'sQ4.4')
    >>> x.codes
    array([  2, -24, 127], dtype=int8)
    >>> quantize([9.0], "sQ4.4", overflow=Overflow.WRAP).to_float()
    array([-7.])
    >>> quantize([[0.5, 9.0]], "sQ4.4", overflow=Overflow.ERROR)
    Traceback (most recent call last):
        ...
    fixedpoint.rounding.reference.CodeOverflowError: sQ4.4 cannot hold 9.0 at index (0, 1)
    """
    fmt = as_format(fmt)
    rounding, overflow = Rounding(rounding), Overflow(overflow)
    if isinstance(x, FixedArray):
        return x.cast(fmt, rounding, overflow, bits=bits)
    values = real_array(x)
    if values.dtype.kind == "f":
        codes = _from_floats(values, fmt, rounding, overflow, bits)
    elif values.dtype.kind == "O":
        codes = _from_objects(values, fmt, rounding, overflow, bits)
    else:
        signed = values.dtype.kind == "i"
        source = Format(signed=signed, int_bits=8 * values.dtype.itemsize, frac_bits=0)
        codes = requantize_codes(values, source, fmt, rounding, overflow, bits)
    return FixedArray.from_valid_codes(codes, fmt)


def _from_floats(
    values: NDArray[Any], fmt: Format, rounding: Rounding, overflow: Overflow, bits: Any
) -> NDArray[Any]:
    random = rounding is Rounding.STOCHASTIC
    reader = as_reader(bits) if random else None
    flat = np.ascontiguousarray(values).reshape(-1)
    if flat.dtype == np.float16:
        flat = flat.astype(np.float32)
    flat = flat.astype(flat.dtype.newbyteorder("="), copy=False)
    words, first = np.zeros(1, np.uint32), 0
    if reader is not None and values.size:
        words, first = reader.span(values.size)
    kind = storage_type(fmt)
    if kind.itemsize > 4 or overflow is Overflow.ERROR:
        kind = np.dtype(np.int64)
    out = np.empty(values.size, np.int16 if kind.itemsize < 2 else kind)
    fit, limits = overflow_rule(fmt, overflow, np.int64)
    thresholds, ties = AWAY_THRESHOLDS[rounding]
    parity = rounding in (Rounding.NEAREST_EVEN, Rounding.NEAREST_ODD)
    beyond = kernels.quantizer(fit, parity, random)(
        flat,
        out,
        2.0**fmt.frac_bits,
        thresholds,
        ties,
        np.int64(rounding is Rounding.JAM),
        limits,
        words,
        0.5 ** (reader.width if reader else 1),
        first,
    )
    marked = np.flatnonzero(out == overflow_mark(np.int64)) if fit == ERROR else np.array(())
    overflows = [int(marked[0])] if len(marked) else []
    if beyond:
        check_finite("quantize", values)
        with np.errstate(over="ignore"):
            scaled = np.ldexp(np.abs(flat.astype(np.float64)), fmt.frac_bits)
        for i in np.flatnonzero(~(scaled < 2.0**62)):
            word = int(words[(first + i) % len(words)])
            code = _quantize_exactly(float(flat[i]), fmt, rounding, overflow, word, reader)
            if code is None:
                overflows.append(int(i))
                break
            out[i] = code - 2**64 if code >= 2**63 else code
    if overflows:
        index = np.unravel_index(min(overflows), values.shape)
        raise_overflow(fmt, index, float(values[index]))
    return as_storage(out, fmt).reshape(values.shape)


def _from_objects(
    values: NDArray[Any], fmt: Format, rounding: Rounding, overflow: Overflow, bits: Any
) -> NDArray[Any]:
    reader = as_reader(bits) if rounding is Rounding.STOCHASTIC else None
    words = reader.read(values.size) if reader else np.zeros(values.size, np.uint32)
    check_finite("quantize", values)
    out = np.zeros(values.shape, storage_type(fmt))
    for i, index in enumerate(np.ndindex(values.shape)):
        value = values[index]
        code = _quantize_exactly(value, fmt, rounding, overflow, int(words[i]), reader)
        if code is None:
            raise_overflow(fmt, index, value)
        out[index] = code
    return out


def _quantize_exactly(
    value: Any,
    fmt: Format,
    rounding: Rounding,
    overflow: Overflow,
    word: int,
    reader: WordReader | None,
) -> int | None:
    fraction = Fraction(word, 1 << reader.width) if reader else Fraction(0)
    exact = Fraction(value) / fmt.resolution
    return fit_exactly(round_exactly(exact, rounding, fraction), fmt, overflow)


# For each mode, for positive and for negative numbers: the fraction above which a number is
# rounded away from zero, and whether it is at exactly that fraction (1) or not (0). Fractions
# are below 1, so 1.0 stands for never.
AWAY_THRESHOLDS: dict[Rounding, tuple[tuple[float, float], tuple[int, int]]] = {
    Rounding.TRUNCATE: ((1.0, 0.0), (0, 0)),
    Rounding.CEIL: ((0.0, 1.0), (0, 0)),
    Rounding.TO_ZERO: ((1.0, 1.0), (0, 0)),
    Rounding.AWAY: ((0.0, 0.0), (0, 0)),
    Rounding.NEAREST_UP: ((0.5, 0.5), (1, 0)),
    Rounding.NEAREST_DOWN: ((0.5, 0.5), (0, 1)),
    Rounding.NEAREST_ZERO: ((0.5, 0.5), (0, 0)),
    Rounding.NEAREST_AWAY: ((0.5, 0.5), (1, 1)),
    Rounding.NEAREST_EVEN: ((0.5, 0.5), (1, 1)),  # at an odd integer part
    Rounding.NEAREST_ODD: ((0.5, 0.5), (0, 0)),  # at an even integer part
    Rounding.JAM: ((1.0, 0.0), (0, 0)),
    Rounding.STOCHASTIC: ((1.0, 1.0), (0, 0)),
}
