"""Real numbers to codes, exactly: a double is an integer times a power of two."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..circuit import check_array
from ..circuit.element_index import first_index, index_text
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

__all__ = ["THRESHOLDS", "check_finite", "quantize", "real_array"]


def quantize(
    x: ArrayLike | FixedArray,
    fmt: Format | str,
    rounding: Rounding = Rounding.NEAREST_EVEN,
    overflow: Overflow = Overflow.SATURATE,
    *,
    bits: Any = None,
) -> FixedArray:
    """Return real numbers in a fixed-point format, each rounded once and exactly.

    Parameters
    ----------
    x : array of float16, float32, float64 or integers, of any shape
        Or nested lists of Python numbers, whose integers may be of any size; fractions
        too. A `FixedArray` is cast.
    fmt : Format or str
    rounding : Rounding
    overflow : Overflow
    bits : word source or WordReader
        For STOCHASTIC: element i in C order is rounded with the i-th word from here.

    Returns
    -------
    FixedArray
        Of the shape of `x`.

    Raises
    ------
    ValueError
        If a number is NaN or infinite. It names the first such index.
    CodeOverflowError
        If a number does not fit and `overflow` is ERROR. It names index and value.
    TypeError
        If `x` does not hold real numbers, or STOCHASTIC rounding has no `bits`.

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
    fixedpoint.exact.CodeOverflowError: sQ4.4 cannot hold 9.0 at index (0, 1)
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
    return FixedArray._of(codes, fmt)


def real_array(x: Any, name: str = "quantize") -> NDArray[Any]:
    """Return `x` as floats, integers, or objects where NumPy would lose digits.

    `name` is the function that takes it, as it begins an error.
    """
    values = check_array(f"{name} takes", x)
    if not isinstance(x, np.ndarray | np.generic) and values.dtype.kind in "fuO":
        # A list that mixes large integers with others becomes floats in NumPy.
        objects = np.asarray(x, dtype=object)
        if any(isinstance(v, int) and abs(v) >> 53 for v in objects.flat):
            values = objects
    kind = values.dtype.kind
    if kind == "f" and values.dtype.itemsize > 8:
        raise TypeError(f"{name} takes float64 or narrower, not {values.dtype}")
    if kind == "O" and all(_is_rational(v) for v in values.flat):
        return values
    if kind not in "fiu":
        raise TypeError(f"{name} takes real numbers, not {values.dtype}")
    return values


def _is_rational(value: Any) -> bool:
    return isinstance(value, int | float | Fraction) and not isinstance(value, bool)


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
    thresholds, ties = THRESHOLDS[rounding]
    parity = rounding in (Rounding.NEAREST_EVEN, Rounding.NEAREST_ODD)
    unfit = kernels.quantizer(fit, parity, random)(
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
    wrong = np.flatnonzero(out == overflow_mark(np.int64)) if fit == ERROR else np.array(())
    failed = [int(wrong[0])] if len(wrong) else []
    if unfit:
        check_finite("quantize", values)
        with np.errstate(over="ignore"):
            scaled = np.ldexp(np.abs(flat.astype(np.float64)), fmt.frac_bits)
        for i in np.flatnonzero(~(scaled < 2.0**62)):
            word = int(words[(first + i) % len(words)])
            code = _fit_one(float(flat[i]), fmt, rounding, overflow, word, reader)
            if code is None:
                failed.append(int(i))
                break
            out[i] = code - 2**64 if code >= 2**63 else code
    if failed:
        index = np.unravel_index(min(failed), values.shape)
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
        code = _fit_one(value, fmt, rounding, overflow, int(words[i]), reader)
        if code is None:
            raise_overflow(fmt, index, value)
        out[index] = code
    return out


def check_finite(name: str, values: NDArray[Any]) -> None:
    """Raise a ValueError if a number is NaN or infinite; it names the first index.

    `name` is the function that takes them, as it begins the error.
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
            f"{name} takes finite numbers, not {float(values[index])} at index {index_text(index)}"
        )


def _fit_one(
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


# For each mode: from which rest on a positive and a negative number go away from zero, and
# whether they do at that very rest. Rests are below 1, so 1.0 stands for never.
THRESHOLDS: dict[Rounding, tuple[tuple[float, float], tuple[int, int]]] = {
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
