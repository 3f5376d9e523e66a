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

from .compiled import compiled, deferred
from .plan import ERROR, JAM, OFFSET, PARITY, SATURATE, SIGN, WORD, WRAP, ZERO

# Columns and steps that a loop keeps in the first-level cache.
TILE, BLOCK = 256, 64

__all__ = [
    "gather_columns",
    "lay_out",
    "multiplier",
    "quantizer",
    "requantizer",
    "scratch_arrays",
    "sequential_product",
    "tree_product",
]

typed, shifted, raised = deferred("fixedpoint.narrow", "typed", "shifted", "raised")


@compiled
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


@compiled
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


@compiled
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

    @compiled(wide=True)
    def requantize(codes, out, left, rule, limits, words, first):
        if kind != WORD:
            for i in range(len(codes)):
                value = raised(typed(codes[i], left), left)
                out[i] = _requantize(value, left, rule, limits, kind, fit)
            return
        begin = 0
        while begin < len(codes):
            end = min(len(codes), begin + len(words) - first)
            # Slices begin at 0, so that Numba need not think of negative indices.
            part, drawn, made = codes[begin:end], words[first:], out[begin:end]
            for i in range(len(part)):
                value = raised(typed(part[i], left), left)
                made[i] = _requantize(value, drawn[i], rule, limits, kind, fit)
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
                value = typed(typed(x[i], like) * typed(y[i], like), like)
                out[i] = _requantize(value, like, rule, limits, kind, fit)
            return
        begin = 0
        while begin < len(x):
            end = min(len(x), begin + len(words) - first)
            left, right = x[begin:end], y[begin:end]
            drawn, made = words[first:], out[begin:end]
            for i in range(len(left)):
                value = typed(typed(left[i], like) * typed(right[i], like), like)
                made[i] = _requantize(value, drawn[i], rule, limits, kind, fit)
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

    @compiled(wide=True)
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
                made[i] = _fit(code | jam, limits, fit)
            begin, first = end, 0
        return unfit

    return quantize


@compiled
def _accumulate(total, x, y, word, rule, limits, jam, kind, early, fit):
    """One multiply-accumulate; `early` rounds the product before it is added."""
    product = typed(x * y, total)
    if kind in (OFFSET, WORD):
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


def scratch_arrays(work: type) -> tuple[Any, Any]:
    """Return what a product needs beside its result; allocated here, it compiles sooner."""
    return (
        # Unsigned, so that Numba need not think of negative indices.
        np.zeros(2 * BLOCK, np.uint32),
        np.empty((64, TILE), work),
    )


@compiled
def lay_out(words, stride, table):
    """Fill ``table[r, s]`` with word ``(r + s * stride) % len(words)``; see `draws`."""
    rows, length = table.shape
    period = len(words)
    for begin in range(0, length, 16):
        end = min(begin + 16, length)
        # A few columns at a time, so that what is read and written stays in the cache.
        for r in range(rows):
            line = table[r, begin:end]
            place = (r + begin * stride) % period
            for s in range(len(line)):
                line[s] = words[place]
                place = (place + stride) % period


@compiled
def _starts(word, walk, count, starts):
    """Fill `starts` with the places in the table of `count` words from `word` on."""
    period, _, rows, pitch, length, turn = walk
    word %= period
    row, column = word % rows, word // rows * turn % length
    for k in range(count):
        starts[k] = row * pitch + column
        row += 1
        if row == rows:
            row = 0
            column += turn
            column -= length if column >= length else 0


@compiled
def _tile_end(columns, begin, walk, kind):
    """Return where a tile of columns ends: with words, where they are not evenly apart."""
    most = min(begin + TILE, len(columns))
    if kind != WORD:
        return most
    end = begin + 1
    while end < most and columns[end] - columns[end - 1] == walk[1]:
        end += 1
    return end


@functools.cache
def sequential_product(kind: int, early: bool, fit: int) -> Any:
    """Return the loop of a matrix product that is quantised at every step, in order.

    Called with (a, b, out, rule, limits, jam, table, walk, first, columns, scratch):
    a ``[groups, rows, K]``, b ``[groups, K, columns]``, out ``[groups, rows, columns]``,
    zero on entry and of the working type; the word of step k at (g, i, j) is number
    ``first[0] + g * first[1] + i * first[2] + columns[j] + k``, and stands in the table
    where `draws` put it; `scratch` is from `scratch_arrays`.
    """

    @compiled(wide=True)
    def multiply(a, b, out, rule, limits, jam, table, walk, first, columns, scratch):
        groups, rows, depth = a.shape
        width = b.shape[2]
        starts, _ = scratch
        for group in range(groups):
            end = 0
            while end < width:
                begin, end = end, _tile_end(columns, end, walk, kind)
                for lowest in range(0, depth, BLOCK):
                    count = min(BLOCK, depth - lowest)
                    for row in range(rows):
                        # Over j inside and k outside, each sum still sees its k in order.
                        sums = out[group, row, begin:end]
                        if kind == WORD:
                            word = first[0] + group * first[1] + row * first[2]
                            _starts(word + columns[begin] + lowest, walk, count, starts)
                        x = a[group, row, lowest : lowest + count]
                        y = b[group, lowest:]
                        k = 0
                        while k + 4 <= count:
                            # Four steps for each time that a sum is loaded and stored.
                            x0, x1, x2, x3 = x[k], x[k + 1], x[k + 2], x[k + 3]
                            y0, y1 = y[k, begin:end], y[k + 1, begin:end]
                            y2, y3 = y[k + 2, begin:end], y[k + 3, begin:end]
                            words0, words1 = table[starts[k] :], table[starts[k + 1] :]
                            words2, words3 = table[starts[k + 2] :], table[starts[k + 3] :]
                            for j in range(len(sums)):
                                t = sums[j]
                                w = words0[j] if kind == WORD else jam
                                t = _accumulate(
                                    t, x0, y0[j], w, rule, limits, jam, kind, early, fit
                                )
                                w = words1[j] if kind == WORD else jam
                                t = _accumulate(
                                    t, x1, y1[j], w, rule, limits, jam, kind, early, fit
                                )
                                w = words2[j] if kind == WORD else jam
                                t = _accumulate(
                                    t, x2, y2[j], w, rule, limits, jam, kind, early, fit
                                )
                                w = words3[j] if kind == WORD else jam
                                t = _accumulate(
                                    t, x3, y3[j], w, rule, limits, jam, kind, early, fit
                                )
                                sums[j] = t
                            k += 4
                        while k < count:
                            x0, y0, words0 = x[k], y[k, begin:end], table[starts[k] :]
                            for j in range(len(sums)):
                                w = words0[j] if kind == WORD else jam
                                sums[j] = _accumulate(
                                    sums[j], x0, y0[j], w, rule, limits, jam, kind, early, fit
                                )
                            k += 1

    return multiply


@compiled
def _round_product(product, word, rule, kind):
    floor = shifted(product, rule[0])
    rest = typed(product & rule[1], product)
    return _round(floor, rest, word, rule, kind)


@compiled
def _add(x, y, limits, jam, fit):
    """One adder of a tree, both operands already of the accumulator's resolution."""
    result = _fit(typed(typed(x + y, x) | jam, x), limits, fit)
    if fit == ERROR:
        result = typed(limits[3] if (x == limits[3]) | (y == limits[3]) else result, x)
    return result


@functools.cache
def tree_product(kind: int, early: bool, fit: int) -> Any:
    """Return the loop of a matrix product summed by a tree of adders, each quantised.

    Called as the loop of `sequential_product`, but with one word for each pair of products,
    or with `early` one for each product.
    """

    @compiled(wide=True)
    def multiply(a, b, out, rule, limits, jam, table, walk, first, columns, scratch):
        groups, rows, depth = a.shape
        width = b.shape[2]
        pairs = (depth + 1) // 2
        each = 2 if early else 1
        starts, waiting = scratch
        for group in range(groups):
            end = 0
            while end < width:
                begin, end = end, _tile_end(columns, end, walk, kind)
                for row in range(rows):
                    node = out[group, row, begin:end]
                    word = first[0] + group * first[1] + row * first[2] + columns[begin]
                    for pair in range(pairs):
                        k = 2 * pair
                        if kind == WORD and pair % BLOCK == 0:
                            count = min(each * BLOCK, (depth if early else pairs) - each * pair)
                            _starts(word + each * pair, walk, count, starts)
                        words0 = table[starts[each * (pair % BLOCK)] :]
                        words1 = table[starts[each * (pair % BLOCK) + each - 1] :]
                        # A lone last product is added to zero, which is not rounded.
                        lone = k + 1 == depth
                        x0, y0 = a[group, row, k], b[group, k, begin:end]
                        x1 = typed(0, x0) if lone else a[group, row, k + 1]
                        y1 = y0 if lone else b[group, k + 1, begin:end]
                        for j in range(len(node)):
                            left = typed(x0 * y0[j], jam)
                            right = typed(x1 * y1[j], jam)
                            w = words0[j] if kind == WORD else jam
                            if early:
                                left = _round_product(left, w, rule, kind)
                                w = words1[j] if kind == WORD else jam
                                second = _round_product(right, w, rule, kind)
                                right = typed(0 if lone else second, jam)
                                node[j] = _add(left, right, limits, jam, fit)
                            else:
                                both = typed(left + right, jam)
                                node[j] = _requantize(both, w, rule, limits, kind, fit)
                        # As in binary counting: a full level passes its sum upwards.
                        level = 0
                        while (pair >> level) & 1:
                            other = waiting[level]
                            for j in range(len(node)):
                                node[j] = _add(other[j], node[j], limits, jam, fit)
                            level += 1
                        other = waiting[level]
                        for j in range(len(node)):
                            other[j] = node[j]
                    # Sums that still wait have no neighbour: they go up as they are.
                    if pairs == 0:
                        continue
                    lowest = 0
                    while not (pairs >> lowest) & 1:
                        lowest += 1
                    other = waiting[lowest]
                    for j in range(len(node)):
                        node[j] = other[j]
                    for level in range(lowest + 1, 63):
                        if (pairs >> level) & 1:
                            other = waiting[level]
                            for j in range(len(node)):
                                node[j] = _add(other[j], node[j], limits, jam, fit)

    return multiply


@compiled
def gather_columns(images, columns, kernel_shape, stride, dilation, out_shape, begin):
    """Lay the inputs of a convolution's outputs side by side.

    Parameters
    ----------
    images : integer array ``[images, groups, channels, height, width]``, padded
    columns : integer array ``[groups, channels * kernel height * kernel width, outputs]``
        Filled in: column j is what output ``begin + j`` sees, outputs in C order of
        ``[image, row, column]``.
    kernel_shape, stride, dilation, out_shape : pair of int
    begin : int
    """
    _, groups, channels, _, _ = images.shape
    high, wide = kernel_shape
    rows, across = out_shape
    # Unsigned, so that Numba need not think of negative indices.
    step = np.uint64(stride[1])
    for group in range(groups):
        for channel in range(channels):
            for dy in range(high):
                for dx in range(wide):
                    line = columns[group, (channel * high + dy) * wide + dx]
                    y, x = divmod(begin, across)
                    image, y = divmod(y, rows)
                    j = 0
                    while j < len(line):
                        run = min(across - x, len(line) - j)
                        source = images[image, group, channel, y * stride[0] + dy * dilation[0]]
                        to, start = np.uint64(j), np.uint64(x * stride[1] + dx * dilation[1])
                        if step == 1:
                            for i in range(np.uint64(run)):
                                line[to + i] = source[start + i]
                        else:
                            for i in range(np.uint64(run)):
                                line[to + i] = source[start + i * step]
                        j += run
                        x, y = 0, y + 1
                        if y == rows:
                            y, image = 0, image + 1
