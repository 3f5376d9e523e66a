"""The compiled loops: rounding and overflow of arrays and of running sums.

Each loop is made for one kind of rounding, one kind of overflow and one integer type, the
narrowest that is safe, so that its body has no branch and LLVM makes vector code of it.
Numba widens every integer operation to 64 bits; `typed` and `shifted` take the result back
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
from numba import njit
from numba.extending import intrinsic

__all__ = [
    "ERROR",
    "JAM",
    "NONE",
    "OFFSET",
    "PARITY",
    "SATURATE",
    "SIGN",
    "WORD",
    "WRAP",
    "ZERO",
    "gather_columns",
    "multiplier",
    "quantizer",
    "requantizer",
    "sequential_product",
    "tree_product",
]

# Kinds of rounding.
OFFSET, SIGN, PARITY, JAM, WORD = range(5)
# Kinds of overflow. NONE leaves sums modulo the type; ERROR marks with the type's minimum.
NONE, SATURATE, WRAP, ZERO, ERROR = range(5)


@intrinsic
def typed(typing_context, value, like):
    """Convert `value` to the type of `like`."""

    def generate(context, builder, signature, arguments):
        return context.cast(builder, arguments[0], signature.args[0], signature.return_type)

    return like(value, like), generate


@intrinsic
def shifted(typing_context, value, count):
    """Shift `value` right by `count` within its own type."""

    def generate(context, builder, signature, arguments):
        return builder.ashr(arguments[0], arguments[1])

    return value(value, value), generate


@intrinsic
def raised(typing_context, value, count):
    """Shift `value` left by `count` within its own type."""

    def generate(context, builder, signature, arguments):
        return builder.shl(arguments[0], arguments[1])

    return value(value, value), generate


@njit(cache=True)
def _round(floor, rest, word, rule, kind):
    """Round floor + rest / 2^shift; `rule` is (shift, rest mask, base, sign part, flip)."""
    shift, _, base, negative, flip = rule
    if kind == JAM:
        return typed(floor | 1, floor)
    if kind == WORD:
        offset = word
    elif kind == SIGN:
        offset = typed(base + (negative if floor < 0 else 0), floor)
    elif kind == PARITY:
        offset = typed(base + ((floor ^ flip) & 1), floor)
    else:
        offset = base
    return typed(floor + shifted(typed(rest + offset, floor), shift), floor)


@njit(cache=True)
def _fit(value, limits, fit):
    """Bring a rounded value into range; `limits` is (low, high, wrap mask, mark)."""
    low, high, mask, mark = limits
    if fit == SATURATE:
        return typed(min(max(value, low), high), value)
    if fit == WRAP:
        return typed((typed(value - low, value) & mask) + low, value)
    if fit == ZERO:
        return typed(0 if (value < low) | (value > high) else value, value)
    if fit == ERROR:
        return typed(mark if (value < low) | (value > high) else value, value)
    return value


@njit(cache=True)
def _requantize(value, word, rule, limits, kind, fit):
    floor = shifted(value, rule[0])
    rest = typed(value & rule[1], value)
    return _fit(_round(floor, rest, word, rule, kind), limits, fit)


@functools.cache
def requantizer(kind: int, fit: int) -> Any:
    """Return the loop that shifts codes left, then rounds and fits them.

    Called with (codes, out, left, rule, limits, words, first): `rule` and `limits` are
    tuples of scalars of the working type, `left` one such scalar, `words` an array of it.
    """

    @njit(cache=True, nogil=True)
    def requantize(codes, out, left, rule, limits, words, first):
        n = len(codes)
        if kind != WORD:
            for i in range(n):
                value = raised(typed(codes[i], left), left)
                out[i] = _requantize(value, left, rule, limits, kind, fit)
            return
        begin = 0
        while begin < n:
            run = min(n - begin, len(words) - first)
            for i in range(run):
                value = raised(typed(codes[begin + i], left), left)
                out[begin + i] = _requantize(value, words[first + i], rule, limits, kind, fit)
            begin += run
            first = 0

    return requantize


@functools.cache
def multiplier(kind: int, fit: int) -> Any:
    """Return the loop that multiplies codes of two arrays, rounds and fits in one pass."""

    @njit(cache=True, nogil=True)
    def multiply(x, y, out, rule, limits, words, first):
        n = len(x)
        like = rule[0]
        if kind != WORD:
            for i in range(n):
                value = typed(typed(x[i], like) * typed(y[i], like), like)
                out[i] = _requantize(value, like, rule, limits, kind, fit)
            return
        begin = 0
        while begin < n:
            run = min(n - begin, len(words) - first)
            for i in range(run):
                value = typed(typed(x[begin + i], like) * typed(y[begin + i], like), like)
                out[begin + i] = _requantize(value, words[first + i], rule, limits, kind, fit)
            begin += run
            first = 0

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

    @njit(cache=True, nogil=True)
    def quantize(values, out, scale, thresholds, ties, jam, limits, words, unit, first):
        unfit = False
        n = len(values)
        begin = 0
        while begin < n:
            run = min(n - begin, len(words) - first) if random else n
            for i in range(run):
                x = np.float64(values[begin + i])
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
                    u = words[first + i] * unit
                    threshold = u if negative else 1.0 - u
                    tie = 0 if negative else 1
                else:
                    threshold = thresholds[1] if negative else thresholds[0]
                    tie = ties[1] if negative else ties[0]
                if parity:
                    tie = 1 if (code & 1) == ties[0] else 0
                size = abs(r)
                away = (size > threshold) | ((size == threshold) & (tie == 1))
                step = -1 if negative else 1
                code += step if away else 0
                out[begin + i] = _fit(code | jam, limits, fit)
            begin += run
            first = 0
        return unfit

    return quantize


@njit(cache=True)
def _accumulate(total, x, y, word, rule, limits, jam, kind, early, fit):
    """One multiply-accumulate; `early` rounds the product before it is added."""
    product = typed(x * y, total)
    if kind == OFFSET or kind == WORD:
        # These offsets do not depend on the sum, so rounding the product is the same.
        offset = word if kind == WORD else rule[2]
        result = typed(total + shifted(typed(product + offset, total), rule[0]), total)
    else:
        floor = shifted(product, rule[0])
        rest = typed(product & rule[1], total)
        if early:
            result = typed(total + _round(floor, rest, word, rule, kind), total)
        else:
            result = _round(typed(total + floor, total), rest, word, rule, kind)
    if early:
        result = typed(result | jam, total)
    result = _fit(result, limits, fit)
    if fit == ERROR:
        result = typed(limits[3] if total == limits[3] else result, total)
    return result


@functools.cache
def sequential_product(kind: int, early: bool, fit: int) -> Any:
    """Return the loop of a matrix product that is quantised at every step, in order.

    Called with (a, b, out, rule, limits, jam, words, first, word_strides, columns):
    a ``[groups, rows, K]``, b ``[groups, K, columns]``, out ``[groups, rows, columns]``,
    zero on entry and of the working type; the word of step k at (g, i, j) is
    ``words[(first + g * word_strides[0] + i * word_strides[1] + columns[j]) % period + k]``,
    where ``period = word_strides[2]``.
    """

    @njit(cache=True, nogil=True)
    def multiply(a, b, out, rule, limits, jam, words, first, word_strides, columns):
        groups, rows, depth = a.shape
        width = b.shape[2]
        tile = 256
        block = 64
        period = word_strides[2]
        at = np.zeros(tile, np.int64)
        for group in range(groups):
            for begin in range(0, width, tile):
                end = min(begin + tile, width)
                n = end - begin
                for lowest in range(0, depth, block):
                    highest = min(lowest + block, depth)
                    for row in range(rows):
                        # Over j inside and k outside, each sum still sees its k in order.
                        sums = out[group, row, begin:end]
                        if kind == WORD:
                            offset = first + group * word_strides[0] + row * word_strides[1]
                            for j in range(n):
                                at[j] = (offset + columns[begin + j]) % period
                        k = lowest
                        while k + 4 <= highest:
                            x0 = a[group, row, k]
                            x1 = a[group, row, k + 1]
                            x2 = a[group, row, k + 2]
                            x3 = a[group, row, k + 3]
                            y0 = b[group, k, begin:end]
                            y1 = b[group, k + 1, begin:end]
                            y2 = b[group, k + 2, begin:end]
                            y3 = b[group, k + 3, begin:end]
                            for j in range(n):
                                t = sums[j]
                                if kind == WORD:
                                    w0 = words[at[j] + k]
                                    w1 = words[at[j] + k + 1]
                                    w2 = words[at[j] + k + 2]
                                    w3 = words[at[j] + k + 3]
                                else:
                                    w0 = w1 = w2 = w3 = jam
                                t = _accumulate(
                                    t, x0, y0[j], w0, rule, limits, jam, kind, early, fit
                                )
                                t = _accumulate(
                                    t, x1, y1[j], w1, rule, limits, jam, kind, early, fit
                                )
                                t = _accumulate(
                                    t, x2, y2[j], w2, rule, limits, jam, kind, early, fit
                                )
                                t = _accumulate(
                                    t, x3, y3[j], w3, rule, limits, jam, kind, early, fit
                                )
                                sums[j] = t
                            k += 4
                        while k < highest:
                            x0 = a[group, row, k]
                            y0 = b[group, k, begin:end]
                            for j in range(n):
                                w0 = words[at[j] + k] if kind == WORD else jam
                                sums[j] = _accumulate(
                                    sums[j], x0, y0[j], w0, rule, limits, jam, kind, early, fit
                                )
                            k += 1

    return multiply


@njit(cache=True)
def _add(x, y, limits, jam, fit):
    """One adder of a tree, both operands already of the accumulator's resolution."""
    result = _fit(typed(typed(x + y, x) | jam, x), limits, fit)
    if fit == ERROR:
        result = typed(limits[3] if (x == limits[3]) | (y == limits[3]) else result, x)
    return result


@functools.cache
def tree_product(kind: int, early: bool, fit: int) -> Any:
    """Return the loop of a matrix product summed by a tree of adders, each quantised.

    Called as the loop of `sequential_product`; `words` holds one word for each pair of
    products, or with `early` one for each product.
    """

    @njit(cache=True, nogil=True)
    def multiply(a, b, out, rule, limits, jam, words, first, word_strides, columns):
        groups, rows, depth = a.shape
        width = b.shape[2]
        tile = 256
        period = word_strides[2]
        pairs = (depth + 1) // 2
        at = np.zeros(tile, np.int64)
        node = np.zeros(tile, out.dtype)
        waiting = np.zeros((64, tile), out.dtype)
        for group in range(groups):
            for begin in range(0, width, tile):
                end = min(begin + tile, width)
                n = end - begin
                for row in range(rows):
                    if kind == WORD:
                        offset = first + group * word_strides[0] + row * word_strides[1]
                        for j in range(n):
                            at[j] = (offset + columns[begin + j]) % period
                    for pair in range(pairs):
                        k = 2 * pair
                        x0 = a[group, row, k]
                        y0 = b[group, k, begin:end]
                        # A lone last product is paired with zero.
                        lone = k + 1 == depth
                        x1 = typed(0, x0) if lone else a[group, row, k + 1]
                        y1 = y0 if lone else b[group, k + 1, begin:end]
                        for j in range(n):
                            left = typed(x0 * y0[j], jam)
                            right = typed(x1 * y1[j], jam)
                            if early:
                                w0 = words[at[j] + k] if kind == WORD else jam
                                w1 = words[at[j] + k + 1] if kind == WORD and not lone else jam
                                left = _round(
                                    shifted(left, rule[0]),
                                    typed(left & rule[1], jam),
                                    w0,
                                    rule,
                                    kind,
                                )
                                # The zero beside a lone product is no product to round.
                                right = (
                                    typed(0, jam)
                                    if lone
                                    else _round(
                                        shifted(right, rule[0]),
                                        typed(right & rule[1], jam),
                                        w1,
                                        rule,
                                        kind,
                                    )
                                )
                                node[j] = _add(left, right, limits, jam, fit)
                            else:
                                w0 = words[at[j] + pair] if kind == WORD else jam
                                value = typed(left + right, jam)
                                node[j] = _requantize(value, w0, rule, limits, kind, fit)
                        # As in binary counting: a full level passes its sum upwards.
                        level = 0
                        while (pair >> level) & 1:
                            for j in range(n):
                                node[j] = _add(waiting[level, j], node[j], limits, jam, fit)
                            level += 1
                        for j in range(n):
                            waiting[level, j] = node[j]
                    found = False
                    for level in range(63):
                        if (pairs >> level) & 1:
                            for j in range(n):
                                node[j] = (
                                    _add(waiting[level, j], node[j], limits, jam, fit)
                                    if found
                                    else waiting[level, j]
                                )
                            found = True
                    for j in range(n):
                        out[group, row, begin + j] = node[j]

    return multiply


@njit(cache=True, nogil=True)
def gather_columns(images, columns, kernel_shape, stride, out_shape, begin, end):
    """Lay the inputs of a convolution's outputs side by side.

    Parameters
    ----------
    images : integer array ``[images, groups, channels, height, width]``, padded
    columns : integer array ``[groups, channels * kernel height * kernel width, end - begin]``
        Filled in: column j is what output ``begin + j`` sees, outputs in C order of
        ``[image, row, column]``.
    kernel_shape, stride, out_shape : pair of int
    begin, end : int
    """
    _, groups, channels, _, _ = images.shape
    high, wide = kernel_shape
    rows, across = out_shape
    for group in range(groups):
        for channel in range(channels):
            for dy in range(high):
                for dx in range(wide):
                    line = columns[group, (channel * high + dy) * wide + dx]
                    j = begin
                    while j < end:
                        x = j % across
                        y = (j // across) % rows
                        image = j // (across * rows)
                        run = min(across - x, end - j)
                        source = images[image, group, channel, y * stride[0] + dy]
                        from_x = x * stride[1] + dx
                        if stride[1] == 1:
                            for i in range(run):
                                line[j - begin + i] = source[from_x + i]
                        else:
                            for i in range(run):
                                line[j - begin + i] = source[from_x + i * stride[1]]
                        j += run
