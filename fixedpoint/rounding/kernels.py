"""The compiled loops: rounding and overflow of arrays and of running sums.

Each loop is made for one kind of rounding, one kind of overflow and one integer type, the
narrowest that is safe, so that its body has no branch and LLVM makes vector code of it.
Numba widens every integer operation to 64 bits; `cast_like` and `shift_right` take the result back
at once, so that LLVM never sees the wide type. Callers choose types in which nothing can
overflow: see `plan`.

All roundings are one formula. With s discarded bits, floor = p >> s and rest = p mod 2^s,
the result is ``floor + ((rest + offset) >> s)``, and the modes differ in the offset alone:
a constant (OFFSET), one that depends on the sign (SIGN), on the last bit (PARITY), or a
random word (WORD). JAM sets the last bit of the floor instead.
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
    floor = shift_right(value, rule[0])
    rest = cast_like(value & rule[1], value)
    return fit_code(round_code(floor, rest, word, rule, kind), limits, fit)


@functools.cache
def requantizer(kind: int, fit: int) -> Any:
    """Return the loop that shifts codes left, then rounds and fits them.

    Called with (codes, out, left, rule, limits, words, first): `rule` and `limits` are
    tuples of scalars of the working type, `left` one such scalar, `words` an array of it.
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
            # Slices begin at 0, so that Numba need not think of negative indices.
            part, drawn, made = codes[begin:end], words[first:], out[begin:end]
            for i in range(len(part)):
                value = shift_left(cast_like(part[i], left), left)
                made[i] = requantize_code(value, drawn[i], rule, limits, kind, fit)
            begin, first = end, 0

    return requantize


@functools.cache
def multiplier(kind: int, fit: int) -> Any:
    """Return the loop that multiplies codes of two arrays, rounds and fits in one pass."""

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
            drawn, made = words[first:], out[begin:end]
            for i in range(len(left)):
                value = cast_like(cast_like(left[i], like) * cast_like(right[i], like), like)
                made[i] = requantize_code(value, drawn[i], rule, limits, kind, fit)
            begin, first = end, 0

    return multiply


@functools.cache
def quantizer(fit: int, parity: bool, random: bool) -> Any:
    """Return the loop that rounds float values and fits them.

    The integer part t and the rest r of a double are exact. The magnitude grows by one
    where |r| is above a threshold of its sign, or equal to it and ties go away from zero.

    Called with (values, out, scale, thresholds, ties, jam, limits, words, unit, first):
    ``thresholds`` and ``ties`` for positive and negative rests; with `parity`,
    ``ties[0]`` is the last bit of t that lets ties go away. With `random` the word times
    `unit` is the threshold. Returns whether a value was 2^62 or more, or no number.
    """

    @compiled(long_vectors=True)
    def quantize(values, out, scale, thresholds, ties, jam, limits, words, unit, first):
        unfit = False
        begin = 0
        while begin < len(values):
            end = min(len(values), begin + len(words) - first) if random else len(values)
            part, drawn, made = values[begin:end], words[first:], out[begin:end]
            for i in range(len(part)):
                x = np.float64(part[i])
                v = x * scale
                # A product that vanishes keeps its sign, on which rounding depends.
                v = np.copysign(1e-300, x) if (v == 0.0) & (x != 0.0) else v
                inside = abs(v) < 4611686018427387904.0
                unfit |= not inside
                v = v if inside else 0.0
                t = np.trunc(v)
                r = v - t
                negative = r < 0.0
                code = np.int64(t)
                if random:
                    u = drawn[i] * unit
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
                made[i] = fit_code(code | jam, limits, fit)
            begin, first = end, 0
        return unfit

    return quantize
