"""Compiled loops for rounding and overflow of arrays and of running sums.

Each loop is specialised for one kind of rounding, one kind of overflow and one integer type,
the narrowest safe one, so that its body has no branch and LLVM can vectorise it. Numba widens
every integer operation to 64 bits; `cast_like` and `shift_right` narrow the result at once, so
that LLVM removes the widening. Callers choose types in which nothing overflows; see `rules`.

One formula covers all roundings. With s discarded bits, floor = p >> s and rest = p mod 2^s,
the result is ``floor + ((rest + offset) >> s)``. The modes differ in the offset only: it is
constant (OFFSET), depends on the sign (SIGN) or on the last bit (PARITY), or is a random
word (WORD). JAM sets the last bit of the floor instead.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from ..kernels.compiled import compiled, deferred
from .rules import ERROR, JAM, PARITY, SATURATE, SIGN, WORD, WRAP, ZERO

# Columns and steps that a loop keeps in the first-level cache.
TILE, BLOCK = 256, 64

__all__ = ["multiplier", "quantizer", "requantizer"]

cast_like, shift_right, shift_left = deferred(
    "fixedpoint.kernels.integer_operations", "cast_like", "shift_right", "shift_left"
)


@compiled
def round_code(floor, rest, word, rule, kind):
    """Round floor + rest / 2^shift; `rule` is (shift, rest mask, base, sign part, flip)."""
    shift, _, base, negative, flip = rule
    if kind == JAM:
        return cast_like(floor | 1, floor)
    if kind == WORD:
        offset = word
    elif kind == SIGN:
        offset = cast_like(base + (negative if floor < 0 else 0), floor)
    elif kind == PARITY:
        offset = cast_like(base + ((floor ^ flip) & 1), floor)
    else:
        offset = base
    return cast_like(floor + shift_right(cast_like(rest + offset, floor), shift), floor)


@compiled
def fit_code(value, limits, fit):
    """Bring a rounded value into range; `limits` is (low, high, wrap mask, mark)."""
    low, high, mask, mark = limits
    if fit == SATURATE:
        return cast_like(min(max(value, low), high), value)
    if fit == WRAP:
        return cast_like((cast_like(value - low, value) & mask) + low, value)
    if fit == ZERO:
        return cast_like(0 if (value < low) | (value > high) else value, value)
    if fit == ERROR:
        return cast_like(mark if (value < low) | (value > high) else value, value)
    return value


@compiled
def requantize_code(value, word, rule, limits, kind, fit):
    """Discard the low bits of a value, round it and bring it into range."""
    floor = shift_right(value, rule[0])
    rest = cast_like(value & rule[1], value)
    return fit_code(round_code(floor, rest, word, rule, kind), limits, fit)


@functools.cache
def requantizer(kind: int, fit: int) -> Any:
    """Return the loop that shifts codes left, rounds them and brings them into range.

    The loop takes (codes, out, left, rule, limits, words, first): `rule` and `limits` are
    tuples of scalars of the working type, `left` a scalar and `words` an array of it.
    """

    @compiled(long_vectors=True)
    def requantize(codes, out, left, rule, limits, words, first):
        if kind != WORD:
            for i in range(len(codes)):
                value = shift_left(cast_like(codes[i], left), left)
                out[i] = requantize_code(value, left, rule, limits, kind, fit)
            return
        begin = 0
        while begin < len(codes):
            end = min(len(codes), begin + len(words) - first)
            # Slices start at 0, which spares Numba the check for negative indices.
            codes_part, words_part, out_part = codes[begin:end], words[first:], out[begin:end]
            for i in range(len(codes_part)):
                value = shift_left(cast_like(codes_part[i], left), left)
                out_part[i] = requantize_code(value, words_part[i], rule, limits, kind, fit)
            begin, first = end, 0

    return requantize


@functools.cache
def multiplier(kind: int, fit: int) -> Any:
    """Return the loop that multiplies two arrays of codes and requantises the products."""

    @compiled
    def multiply(x, y, out, rule, limits, words, first):
        like = rule[0]
        if kind != WORD:
            for i in range(len(x)):
                value = cast_like(cast_like(x[i], like) * cast_like(y[i], like), like)
                out[i] = requantize_code(value, like, rule, limits, kind, fit)
            return
        begin = 0
        while begin < len(x):
            end = min(len(x), begin + len(words) - first)
            left, right = x[begin:end], y[begin:end]
            words_part, out_part = words[first:], out[begin:end]
            for i in range(len(left)):
                value = cast_like(cast_like(left[i], like) * cast_like(right[i], like), like)
                out_part[i] = requantize_code(value, words_part[i], rule, limits, kind, fit)
            begin, first = end, 0

    return multiply


@functools.cache
def quantizer(fit: int, parity: bool, random: bool) -> Any:
    """Return the loop that rounds floats and brings them into range.

    The integer part t and the fraction r of a double are exact. The magnitude is increased
    by one if |r| is above a threshold, or equal to it and ties are rounded away from zero.

    The loop takes (values, out, scale, thresholds, ties, jam, limits, words, unit, first):
    `thresholds` and `ties` are pairs for positive and negative fractions. With `parity`,
    ``ties[0]`` is the last bit of t for which ties are rounded away. With `random` the word
    times `unit` is the threshold. The loop returns whether a magnitude was 2^62 or more, or
    a value NaN.
    """

    @compiled(long_vectors=True)
    def quantize(values, out, scale, thresholds, ties, jam, limits, words, unit, first):
        beyond = False
        begin = 0
        while begin < len(values):
            end = min(len(values), begin + len(words) - first) if random else len(values)
            codes_part, words_part, out_part = values[begin:end], words[first:], out[begin:end]
            for i in range(len(codes_part)):
                x = np.float64(codes_part[i])
                v = x * scale
                # A product that underflows keeps its sign, on which rounding depends.
                v = np.copysign(1e-300, x) if (v == 0.0) & (x != 0.0) else v
                inside = abs(v) < 4611686018427387904.0
                beyond |= not inside
                v = v if inside else 0.0
                t = np.trunc(v)
                r = v - t
                negative = r < 0.0
                code = np.int64(t)
                if random:
                    u = words_part[i] * unit
                    threshold = u if negative else 1.0 - u
                    tie = 0 if negative else 1
                else:
                    threshold = thresholds[1] if negative else thresholds[0]
                    tie = ties[1] if negative else ties[0]
                if parity:
                    tie = 1 if (code & 1) == ties[0] else 0
                size = abs(r)
                away = (size > threshold) | ((size == threshold) & (tie == 1))
                code += (-1 if negative else 1) if away else 0
                out_part[i] = fit_code(code | jam, limits, fit)
            begin, first = end, 0
        return beyond

    return quantize
