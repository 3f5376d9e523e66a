"""Compiled loops of matrix products and convolutions whose sums are quantised at every step."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from ..kernels.compiled import compiled
from ..rounding.kernels import (
    BLOCK,
    TILE,
    cast_like,
    fit_code,
    requantize_code,
    round_code,
    shift_right,
)
from ..rounding.rules import ERROR, OFFSET, WORD

__all__ = [
    "fill_word_table",
    "gather_columns",
    "scratch_arrays",
    "sequential_product",
    "tree_product",
]


@compiled
def _accumulate(total, x, y, word, rule, limits, jam, kind, round_products, fit):
    """One multiply-accumulate; `round_products` rounds the product before it is added."""
    product = cast_like(x * y, total)
    if kind in (OFFSET, WORD):
        # These offsets do not depend on the sum, so rounding the product is the same.
        offset = word if kind == WORD else rule[2]
        result = cast_like(
            total + shift_right(cast_like(product + offset, total), rule[0]), total
        )
    else:
        floor = shift_right(product, rule[0])
        rest = cast_like(product & rule[1], total)
        if round_products:
            result = cast_like(total + round_code(floor, rest, word, rule, kind), total)
        else:
            result = round_code(cast_like(total + floor, total), rest, word, rule, kind)
    if round_products:
        result = cast_like(result | jam, total)
    result = fit_code(result, limits, fit)
    if fit == ERROR:
        result = cast_like(limits[3] if total == limits[3] else result, total)
    return result


def scratch_arrays(work: type) -> tuple[Any, Any]:
    """Return the scratch arrays of a product; allocating them here shortens compilation."""
    return (
        # Unsigned, so that Numba need not think of negative indices.
        np.zeros(2 * BLOCK, np.uint32),
        np.empty((64, TILE), work),
    )


@compiled
def fill_word_table(words, stride, table):
    """Fill ``table[r, s]`` with word ``(r + s * stride) % len(words)``; see `ProductWords`."""
    rows, length = table.shape
    period = len(words)
    for begin in range(0, length, 16):
        end = min(begin + 16, length)
        # Fill a few columns at a time, so that reads and writes stay in the cache.
        for r in range(rows):
            line = table[r, begin:end]
            number = (r + begin * stride) % period
            for s in range(len(line)):
                line[s] = words[number]
                number = (number + stride) % period


@compiled
def _word_offsets(word, layout, count, offsets):
    """Fill `offsets` with the positions in the table of `count` words from `word` on."""
    period, _, rows, pitch, length, inverse = layout
    word %= period
    row, column = word % rows, word // rows * inverse % length
    for k in range(count):
        offsets[k] = row * pitch + column
        row += 1
        if row == rows:
            row = 0
            column += inverse
            column -= length if column >= length else 0


@compiled
def _tile_end(columns, begin, layout, kind):
    """Return the end of a tile of columns; the words of a tile are evenly spaced."""
    most = min(begin + TILE, len(columns))
    if kind != WORD:
        return most
    end = begin + 1
    while end < most and columns[end] - columns[end - 1] == layout[1]:
        end += 1
    return end


@functools.cache
def sequential_product(kind: int, round_products: bool, fit: int) -> Any:
    """Return the loop of a matrix product whose sums are quantised at every step, in order.

    The loop takes (a, b, out, rule, limits, jam, table, layout, first, columns, scratch):
    a ``[groups, rows, K]``, b ``[groups, K, columns]``, and out ``[groups, rows, columns]``
    of the working type, which holds the start values on entry. The word of step k at
    (g, i, j) has the number ``first[0] + g * first[1] + i * first[2] + columns[j] + k``;
    `table` and `layout` are those of `ProductWords`, `scratch` is from `scratch_arrays`.
    """

    @compiled(long_vectors=True)
    def multiply(a, b, out, rule, limits, jam, table, layout, first, columns, scratch):
        groups, rows, depth = a.shape
        width = b.shape[2]
        offsets, _ = scratch
        for group in range(groups):
            end = 0
            while end < width:
                begin, end = end, _tile_end(columns, end, layout, kind)
                for lowest in range(0, depth, BLOCK):
                    count = min(BLOCK, depth - lowest)
                    for row in range(rows):
                        # With j in the inner loop, each sum still takes its k in order.
                        sums = out[group, row, begin:end]
                        if kind == WORD:
                            word = first[0] + group * first[1] + row * first[2]
                            _word_offsets(
                                word + columns[begin] + lowest, layout, count, offsets
                            )
                        x = a[group, row, lowest : lowest + count]
                        y = b[group, lowest:]
                        k = 0
                        while k + 4 <= count:
                            # Do four steps for each load and store of a sum.
                            x0, x1, x2, x3 = x[k], x[k + 1], x[k + 2], x[k + 3]
                            y0, y1 = y[k, begin:end], y[k + 1, begin:end]
                            y2, y3 = y[k + 2, begin:end], y[k + 3, begin:end]
                            words0, words1 = table[offsets[k] :], table[offsets[k + 1] :]
                            words2, words3 = table[offsets[k + 2] :], table[offsets[k + 3] :]
                            for j in range(len(sums)):
                                t = sums[j]
                                w = words0[j] if kind == WORD else jam
                                t = _accumulate(
                                    t,
                                    x0,
                                    y0[j],
                                    w,
                                    rule,
                                    limits,
                                    jam,
                                    kind,
                                    round_products,
                                    fit,
                                )
                                w = words1[j] if kind == WORD else jam
                                t = _accumulate(
                                    t,
                                    x1,
                                    y1[j],
                                    w,
                                    rule,
                                    limits,
                                    jam,
                                    kind,
                                    round_products,
                                    fit,
                                )
                                w = words2[j] if kind == WORD else jam
                                t = _accumulate(
                                    t,
                                    x2,
                                    y2[j],
                                    w,
                                    rule,
                                    limits,
                                    jam,
                                    kind,
                                    round_products,
                                    fit,
                                )
                                w = words3[j] if kind == WORD else jam
                                t = _accumulate(
                                    t,
                                    x3,
                                    y3[j],
                                    w,
                                    rule,
                                    limits,
                                    jam,
                                    kind,
                                    round_products,
                                    fit,
                                )
                                sums[j] = t
                            k += 4
                        while k < count:
                            x0, y0, words0 = x[k], y[k, begin:end], table[offsets[k] :]
                            for j in range(len(sums)):
                                w = words0[j] if kind == WORD else jam
                                sums[j] = _accumulate(
                                    sums[j],
                                    x0,
                                    y0[j],
                                    w,
                                    rule,
                                    limits,
                                    jam,
                                    kind,
                                    round_products,
                                    fit,
                                )
                            k += 1

    return multiply


@compiled
def _round_product(product, word, rule, kind):
    floor = shift_right(product, rule[0])
    rest = cast_like(product & rule[1], product)
    return round_code(floor, rest, word, rule, kind)


@compiled
def _add(x, y, limits, jam, fit):
    """One adder of a tree, with operands in the accumulator's resolution."""
    result = fit_code(cast_like(cast_like(x + y, x) | jam, x), limits, fit)
    if fit == ERROR:
        result = cast_like(limits[3] if (x == limits[3]) | (y == limits[3]) else result, x)
    return result


@functools.cache
def tree_product(kind: int, round_products: bool, fit: int) -> Any:
    """Return the loop of a matrix product summed by a tree of quantising adders.

    The loop takes the arguments of `sequential_product`, with one word for each pair of
    products, or with `round_products` one for each product.
    """

    @compiled(long_vectors=True)
    def multiply(a, b, out, rule, limits, jam, table, layout, first, columns, scratch):
        groups, rows, depth = a.shape
        width = b.shape[2]
        pairs = (depth + 1) // 2
        words_per_pair = 2 if round_products else 1
        offsets, waiting = scratch
        for group in range(groups):
            end = 0
            while end < width:
                begin, end = end, _tile_end(columns, end, layout, kind)
                for row in range(rows):
                    node = out[group, row, begin:end]
                    word = first[0] + group * first[1] + row * first[2] + columns[begin]
                    for pair in range(pairs):
                        k = 2 * pair
                        if kind == WORD and pair % BLOCK == 0:
                            count = min(
                                words_per_pair * BLOCK,
                                (depth if round_products else pairs) - words_per_pair * pair,
                            )
                            _word_offsets(word + words_per_pair * pair, layout, count, offsets)
                        words0 = table[offsets[words_per_pair * (pair % BLOCK)] :]
                        words1 = table[
                            offsets[words_per_pair * (pair % BLOCK) + words_per_pair - 1] :
                        ]
                        # A last product without a neighbour is added to an unrounded zero.
                        is_last = k + 1 == depth
                        x0, y0 = a[group, row, k], b[group, k, begin:end]
                        x1 = cast_like(0, x0) if is_last else a[group, row, k + 1]
                        y1 = y0 if is_last else b[group, k + 1, begin:end]
                        for j in range(len(node)):
                            left = cast_like(x0 * y0[j], jam)
                            right = cast_like(x1 * y1[j], jam)
                            w = words0[j] if kind == WORD else jam
                            if round_products:
                                left = _round_product(left, w, rule, kind)
                                w = words1[j] if kind == WORD else jam
                                second = _round_product(right, w, rule, kind)
                                right = cast_like(0 if is_last else second, jam)
                                node[j] = _add(left, right, limits, jam, fit)
                            else:
                                both = cast_like(left + right, jam)
                                node[j] = requantize_code(both, w, rule, limits, kind, fit)
                        # As in binary counting, a full level passes its sum upwards.
                        level = 0
                        while (pair >> level) & 1:
                            other = waiting[level]
                            for j in range(len(node)):
                                node[j] = _add(other[j], node[j], limits, jam, fit)
                            level += 1
                        other = waiting[level]
                        for j in range(len(node)):
                            other[j] = node[j]
                    # The sums still waiting have no neighbour and go up unchanged.
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
    """Gather the inputs of a convolution's outputs as columns of a matrix.

    Parameters
    ----------
    images : integer array ``[images, groups, channels, height, width]``, padded
    columns : integer array ``[groups, channels * kernel height * kernel width, outputs]``
        Written. Column j holds the inputs of output ``begin + j``, with outputs in C order
        of ``[image, row, column]``.
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
