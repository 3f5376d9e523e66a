"""Conversion of codes from one format to another: the loop behind every cast."""

from __future__ import annotations

import functools
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..formats.format import Format
from ..formats.modes import Overflow, Rounding
from ..formats.result_formats import product_format
from . import kernels
from .reference import fit_exactly, round_exactly
from .rules import (
    ERROR,
    aligned_words,
    as_storage,
    overflow_mark,
    overflow_rule,
    raise_overflow,
    rounding_rule,
    storage_type,
)
from .word_reader import as_reader

__all__ = ["multiply_codes", "requantize_codes"]

_NO_WORDS, _NO_OFFSETS = np.zeros(1, np.uint32), np.zeros(1, np.int32)


def requantize_codes(
    codes: NDArray[Any],
    source: Format,
    target: Format,
    rounding: Rounding,
    overflow: Overflow,
    bits: Any = None,
) -> NDArray[Any]:
    """Convert `codes`, of any shape, from `source` to `target`, in its storage type."""
    words, first, width = _words(rounding, bits, codes.size)
    right = max(source.frac_bits - target.frac_bits, 0)
    left = max(target.frac_bits - source.frac_bits, 0)
    work = _work_type(source, target, left, right, overflow)
    if work is None:
        return _one_by_one(codes, source, target, rounding, overflow, words, first, width)
    step = rounding_rule(rounding, right, work)
    fit, limits = overflow_rule(target, overflow, work)
    kind = storage_type(target) if work is np.int32 else np.dtype(np.int64)
    out = np.empty(codes.size, _at_least_16(kind))
    flat = np.ascontiguousarray(codes).reshape(-1)
    flat = flat.astype(_at_least_16(flat.dtype) if work is np.int32 else np.int64, copy=False)
    kernels.requantizer(step.kind, fit)(
        flat,
        out,
        work(left),
        step.rule,
        limits,
        aligned_words(words, width, right, work),
        first,
    )
    if fit == ERROR:
        _raise_if_marked(out, codes, source, target)
    return as_storage(out, target).reshape(codes.shape)


def multiply_codes(
    x: NDArray[Any],
    y: NDArray[Any],
    formats: tuple[Format, Format],
    target: Format,
    rounding: Rounding,
    overflow: Overflow,
    bits: Any = None,
) -> NDArray[Any]:
    """Return the products of two arrays of codes, which broadcast, as codes of `target`.

    Parameters
    ----------
    x, y : integer arrays
        In the storage types of their formats.
    formats : pair of Format
        Of x and y.
    target, rounding, overflow, bits
        As for `requantize_codes`.
    """
    one_pass = _one_pass(*formats, target, rounding, overflow)
    if one_pass is None:
        product = product_format(*formats)
        # The casting from signed operands to uint64, the only unsigned storage type, is
        # safe: the operands are not negative.
        exact = np.multiply(x, y, dtype=storage_type(product), casting="unsafe")
        return requantize_codes(exact, product, target, rounding, overflow, bits)
    multiplier, rule, limits = one_pass
    if x.shape != y.shape:
        # Copy, because NumPy warns about writable broadcast arrays.
        x, y = (codes.copy() for codes in np.broadcast_arrays(x, y))
    words, first = _NO_OFFSETS, 0
    if rounding is Rounding.STOCHASTIC:
        source_words, first, width = _words(rounding, bits, x.size)
        words = aligned_words(source_words, width, int(rule[0]), np.int32)
    out = np.empty(x.size, np.int16)
    multiplier(
        x.ravel().astype(np.int16, copy=False),
        y.ravel().astype(np.int16, copy=False),
        out,
        rule,
        limits,
        words,
        first,
    )
    return out.reshape(x.shape)


@functools.cache
def _one_pass(
    a: Format, b: Format, target: Format, rounding: Rounding, overflow: Overflow
) -> tuple[Any, tuple[Any, ...], tuple[Any, ...]] | None:
    """Return the loop that multiplies and rounds 16-bit codes, its rule and its limits.

    Return None if a code has more than 16 bits, the shift is out of the loop's range, or
    overflows must be reported.
    """
    right = product_format(a, b).frac_bits - target.frac_bits
    fits_16_bits = all(storage_type(fmt).itemsize <= 2 for fmt in (a, b, target))
    if not (fits_16_bits and 0 <= right <= 30) or overflow is Overflow.ERROR:
        return None
    step = rounding_rule(rounding, right, np.int32)
    fit, limits = overflow_rule(target, overflow, np.int32)
    return kernels.multiplier(step.kind, fit), step.rule, limits


def _words(rounding: Rounding, bits: Any, n: int) -> tuple[NDArray[np.uint32], int, int]:
    if rounding is not Rounding.STOCHASTIC:
        return _NO_WORDS, 0, 1
    reader = as_reader(bits)
    words, first = reader.span(n)
    return (words if n else _NO_WORDS), first, reader.width


def _work_type(
    source: Format, target: Format, left: int, right: int, overflow: Overflow
) -> type | None:
    """Return the narrowest type in which no intermediate number overflows, or None."""
    needed = source.width + (not source.signed) + left
    result = target.width + (not target.signed)
    if needed <= 32 and right <= 30 and result <= 32 and overflow is not Overflow.ERROR:
        return np.int32
    return np.int64 if needed <= 64 and right <= 62 else None


def _at_least_16(kind: np.dtype[Any]) -> np.dtype[Any]:
    # 8-bit codes are converted before and after, which saves compilations.
    return np.dtype(np.int16) if kind.itemsize < 2 else kind


def _raise_if_marked(
    out: NDArray[Any], codes: NDArray[Any], source: Format, target: Format
) -> None:
    marked = np.flatnonzero(out == overflow_mark(out.dtype))
    if len(marked):
        index = np.unravel_index(marked[0], codes.shape)
        raise_overflow(target, index, float(int(codes[index]) * source.resolution))


def _one_by_one(
    codes: NDArray[Any],
    source: Format,
    target: Format,
    rounding: Rounding,
    overflow: Overflow,
    words: NDArray[np.uint32],
    first: int,
    width: int,
) -> NDArray[Any]:
    """Cast in Python integers, for intermediate numbers of more than 64 bits."""
    scale = Fraction(2) ** (target.frac_bits - source.frac_bits)
    out = np.zeros(codes.shape, storage_type(target))
    for i, index in enumerate(np.ndindex(codes.shape)):
        code = int(codes[index])
        word = Fraction(int(words[(first + i) % len(words)]), 1 << width)
        fitted = fit_exactly(round_exactly(code * scale, rounding, word), target, overflow)
        if fitted is None:
            raise_overflow(target, index, float(code * source.resolution))
        out[index] = fitted
    return out
