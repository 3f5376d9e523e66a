"""Rounding and overflow modes as numbers that kernels take, and their integer types."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..circuit.element_index import index_text
from ..formats.format import Format
from ..formats.modes import Overflow, Rounding
from .reference import CodeOverflowError, code_limits

__all__ = [
    "ERROR",
    "JAM",
    "NONE",
    "OFFSET",
    "PARITY",
    "SATURATE",
    "SIGN",
    "SIGNED_MODES",
    "WORD",
    "WRAP",
    "ZERO",
    "RoundingRule",
    "aligned_words",
    "as_storage",
    "overflow_mark",
    "overflow_rule",
    "raise_overflow",
    "rounding_rule",
    "storage_type",
]

# Kinds of rounding; see `kernels`.
OFFSET, SIGN, PARITY, JAM, WORD = range(5)
# Kinds of overflow. NONE leaves results modulo the type; ERROR marks them with its minimum.
NONE, SATURATE, WRAP, ZERO, ERROR = range(5)

# Roundings that depend on the sign of the value.
SIGNED_MODES = frozenset(
    {Rounding.TO_ZERO, Rounding.AWAY, Rounding.NEAREST_ZERO, Rounding.NEAREST_AWAY}
)

_FITS = {
    Overflow.WRAP: WRAP,
    Overflow.SATURATE: SATURATE,
    Overflow.SATURATE_SYMMETRIC: SATURATE,
    Overflow.SATURATE_ZERO: ZERO,
    Overflow.ERROR: ERROR,
}


_STORAGE = tuple(np.dtype(f"int{size}") for size in (8, 16, 32, 64))
_UNSIGNED = np.dtype(np.uint64)


def storage_type(fmt: Format) -> np.dtype[Any]:
    """Return the narrowest signed type for the format's codes; uint64 for 64 unsigned bits.

    Signed types avoid NumPy's unsigned arithmetic when codes are subtracted or compared.
    """
    bits = fmt.width + (not fmt.signed)
    for kind in _STORAGE:
        if bits <= 8 * kind.itemsize:
            return kind
    return _UNSIGNED


@dataclasses.dataclass(frozen=True)
class RoundingRule:
    """A rounding in the form that kernels take.

    Attributes
    ----------
    kind : int
        What the offset depends on: OFFSET, SIGN, PARITY, JAM or WORD; see `kernels`.
    rule : tuple of scalar
        In the working type: shift, mask of the discarded bits, constant offset, addition
        for negative values, and mask that inverts the last bit.
    """

    kind: int
    rule: tuple[Any, ...]


@functools.cache
def rounding_rule(rounding: Rounding, shift: int, work: type) -> RoundingRule:
    """Return `rounding` as kernels take it, for `shift` discarded bits, 0 or more."""
    rest = (1 << shift) - 1
    half = (1 << shift) >> 1
    below = max(half - 1, 0)
    kind, base, negative, flip = {
        Rounding.TRUNCATE: (OFFSET, 0, 0, 0),
        Rounding.CEIL: (OFFSET, rest, 0, 0),
        Rounding.TO_ZERO: (SIGN, 0, rest, 0),
        Rounding.AWAY: (SIGN, rest, -rest, 0),
        Rounding.NEAREST_UP: (OFFSET, half, 0, 0),
        Rounding.NEAREST_DOWN: (OFFSET, below, 0, 0),
        Rounding.NEAREST_ZERO: (SIGN, below, 1, 0),
        Rounding.NEAREST_AWAY: (SIGN, half, -1, 0),
        Rounding.NEAREST_EVEN: (PARITY, below, 0, 0),
        Rounding.NEAREST_ODD: (PARITY, below, 0, 1),
        Rounding.JAM: (JAM, 0, 0, 0),
        Rounding.STOCHASTIC: (WORD, 0, 0, 0),
    }[rounding]
    if shift == 0 and kind != JAM:
        kind, base, negative, flip = OFFSET, 0, 0, 0
    return RoundingRule(kind, tuple(work(v) for v in (shift, rest, base, negative, flip)))


def overflow_mark(work: Any) -> int:
    """Return the value with which kernels mark an overflow: the type's minimum."""
    return int(np.iinfo(work).min)


@functools.cache
def overflow_rule(fmt: Format, overflow: Overflow, work: type) -> tuple[int, tuple[Any, ...]]:
    """Return the kind of overflow and (low, high, wrap mask, mark), as kernels take them."""
    low, high = code_limits(fmt, overflow)
    info = np.iinfo(work)
    fit = _FITS[overflow]
    if fit in (WRAP, ERROR) and low <= info.min and high >= info.max:
        fit = NONE  # every value of the type fits
    if not fmt.signed and fmt.width == 64:
        # Results are read as uint64, and none is above the maximum of int64.
        fit, high = (NONE if fit == WRAP else fit), info.max
    low, high = max(low, info.min), min(high, info.max)
    mask = (1 << min(fmt.width, info.bits)) - 1
    mask -= (mask > info.max) << int(info.bits)
    return fit, tuple(work(v) for v in (low, high, mask, info.min))


def aligned_words(
    words: NDArray[np.uint32], width: int, shift: int, work: type
) -> NDArray[Any]:
    """Return words with their top bits aligned with the first of `shift` discarded bits."""
    down, up = max(width - shift, 0), max(shift - width, 0)
    return (
        (words >> np.uint32(down)).astype(work) << work(up)
        if down < 32
        else np.zeros(words.shape, work)
    )


def as_storage(codes: NDArray[Any], fmt: Format) -> NDArray[Any]:
    """Convert codes that fit `fmt` to its storage type."""
    kind = storage_type(fmt)
    if kind is _UNSIGNED and codes.dtype == np.int64:
        return codes.view(np.uint64)
    return codes.astype(kind, copy=False)


def raise_overflow(fmt: Format, index: Sequence[Any], value: Any) -> None:
    """Raise the error of overflow mode ERROR."""
    raise CodeOverflowError(f"{fmt} cannot hold {value} at index {index_text(index)}")
