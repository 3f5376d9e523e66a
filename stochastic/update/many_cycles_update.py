"""Several cycles of momentum SGD by counters of whole tensors: memory is read once."""

from __future__ import annotations

import numpy as np

from fixedpoint.kernels.compiled import compiled, deferred

from .momentum_tensor_update import interleaved, slice_arguments
from .strided_words import strided_lane_words

__all__ = ["update_slices_many_cycles", "update_tensor_many_cycles"]

are_64_inside, move_64_far_weights, move_64_weights = deferred(
    "stochastic.update.cycle_instructions",
    *("are_64_inside", "move_64_far_weights", "move_64_weights"),
)
(prefetch,) = deferred("stochastic.streams.vector_instructions", "prefetch")

# Number of elements by which memory is prefetched ahead of its use.
PREFETCH_DISTANCE = 512
# Number of words of the weight decay made at a time, so that they stay in the L2 cache.
DECAY_WORDS = 1 << 16
# Cycles in one pass of 64 elements: sums of their samples fit 16 bits.
MOST_CYCLES = 1 << 14


@compiled(long_vectors=True)
def update_tensor_many_cycles(
    gradient, momentum, weight, gradient_words, momentum_words, decay_words, cycles_per_step
):
    """Update one tensor in place.

    The unit of the weights may be any power of two, so that a network's own tensors can be
    updated.

    Parameters
    ----------
    gradient : (float32 array [n], scale)
        Finite values. The code of an element is ``rint(gradient * scale)``, clipped to full
        scale.
    momentum : (signed array [n], increment, limit)
        C in any unit that divides its increment; overwritten.
    weight : (float array [n], unit, rate, low, high)
        W times its unit, rounded to whole units and overwritten; the rate and the range of W
        in units, all in the array's dtype. Magnitudes of W are at most 2^24 in float32, which
        holds them exactly, or 2^31 in float64.
    gradient_words : (uint16 array [rows, lanes], row)
        R1 as the lanes see it, and the first row. Row 0 follows the last row.
    momentum_words : (signed array [rows, lanes], row)
        R2 likewise, in the dtype and unit of the momentum.
    decay_words : (uint32 array [cycles, 1 or lanes], width)
        R3 from the first cycle on, with a word for each lane or one word that the lanes
        rotate. No rows without weight decay.
    cycles_per_step : int

    Notes
    -----
    All cycles of 64 elements follow each other while what they need is in registers. Weights
    that are farther from their ends than all cycles can move them take the sum of their moves
    at once.
    """
    g, scale = gradient
    c, increment, limit = momentum
    w, unit, rate, low, high = weight
    rows1, row1 = gradient_words
    rows2, row2 = momentum_words
    rows3, width = decay_words
    size, lanes = len(c), rows1.shape[1]
    groups = -(-size // lanes)
    if len(rows3) and rows3.shape[1] < lanes:
        groups = max(1, DECAY_WORDS // (lanes * cycles_per_step))
    row3 = 0
    for begin in range(0, size, max(1, groups * lanes)):
        end = min(begin + groups * lanes, size)
        cycles = -(-(end - begin) // lanes) * cycles_per_step
        words3 = rows3[row3 : row3 + cycles]
        if len(rows3):
            words3 = strided_lane_words(rows3, width, lanes, row3, 1, cycles)
            words3 = words3.reshape(cycles, lanes)
        _update_block(
            (g[begin:end], scale),
            (c[begin:end], increment, limit),
            (w[begin:end], unit, rate, low, high),
            (rows1, (row1 + row3) % len(rows1)),
            (rows2, (row2 + row3) % len(rows2)),
            words3,
            cycles_per_step,
        )
        row3 += cycles


@compiled(long_vectors=True)
def _update_block(
    gradient, momentum, weight, gradient_words, momentum_words, rows3, cycles_per_step
):
    """Update some groups of lanes; `rows3` has a word for each lane, or no rows."""
    g, scale = gradient
    c, increment, limit = momentum
    w, unit, rate, low, high = weight
    rows1, row1 = gradient_words
    rows2, row2 = momentum_words
    size, lanes, cycles = len(c), rows1.shape[1], min(cycles_per_step, MOST_CYCLES)
    kind, real = c.dtype.type, w.dtype.type
    scratch1 = np.empty(64 * cycles, rows1.dtype)
    scratch2 = np.empty(64 * cycles, rows2.dtype)
    scratch3 = np.empty(64 * cycles if len(rows3) else 0, np.uint32)
    limits = kind(increment), kind(limit)
    scale_of_weights = real(unit), real(1) / unit, rate, low, high
    decay = len(rows3) > 0
    groups = size // 64
    for n in range(-(-size // 64)):
        i = 64 * (interleaved(n, groups) if n < groups else n)
        if n < groups:
            for ahead in range(PREFETCH_DISTANCE, PREFETCH_DISTANCE + 64, 16):
                prefetch(g, np.uintp(i + ahead))
                prefetch(w, np.uintp(i + ahead))
            prefetch(c, np.uintp(i + PREFETCH_DISTANCE))
        for begin in range(0, cycles_per_step, cycles):
            first = begin, cycles_per_step
            words1 = _words_of_64(rows1, row1, lanes, first, i, cycles, scratch1)
            words2 = _words_of_64(rows2, row2, lanes, first, i, cycles, scratch2)
            words3 = words1
            if decay:
                words3 = _words_of_64(rows3, 0, lanes, first, i, cycles, scratch3)
            words = words1, words2, words3
            if n < groups:
                _move_64(g, scale, c, limits, w, scale_of_weights, i, words, decay, cycles)
            else:
                g64, c64 = np.zeros(64, np.float32), np.zeros(64, kind)
                w64 = np.zeros(64, real)
                count = size - i
                g64[:count], c64[:count], w64[:count] = g[i:], c[i:], w[i:]
                _move_64(
                    g64, scale, c64, limits, w64, scale_of_weights, 0, words, decay, cycles
                )
                c[i:], w[i:] = c64[:count], w64[:count]


@compiled(inline=True)
def _move_64(g, scale, c, limits, w, scale_of_weights, i, words, decay, cycles):
    """Run both counters of the elements i to i + 63 for some cycles."""
    words1, words2, words3 = words
    _, units, rate, low, high = scale_of_weights
    at, count = np.uintp(i), np.uintp(cycles)
    # Where weights are inside, no cycle can bring them to an end.
    reach = rate * w.dtype.type(cycles)
    if decay:
        move_64_weights(
            g, scale, c, limits, w, scale_of_weights, at, words1, words2, words3, count
        )
    elif limits[0] == 1 and are_64_inside(w, at, units, low + reach, high - reach):
        move_64_far_weights(g, scale, c, w, scale_of_weights, at, words1, words2, count)
    else:
        move_64_weights(
            g, scale, c, limits, w, scale_of_weights, at, words1, words2, None, count
        )


@compiled(inline=True)
def _words_of_64(rows, row, lanes, first, i, cycles, scratch):
    """Return where the words of the elements i to i + 63 are.

    Parameters
    ----------
    rows, row, lanes
        As in `update_tensor_many_cycles`.
    first : (int, int)
        The first cycle within a step, and the cycles of a step.
    i, cycles : int
    scratch : array [cycles * 64]
        Written if the words are not side by side, or the rows not one after the other.

    Returns
    -------
    address, stride : uintp
        Of the first cycle's words, and between cycles in words.
    """
    begin, step = first
    # Unsigned divisions take a fraction of the time of signed ones.
    group = int(np.uint64(i) // np.uint64(lanes))
    lane = i - group * lanes
    row += group * step + begin
    row -= int(np.uint64(row) // np.uint64(len(rows))) * len(rows)
    if lane + 64 <= lanes and row + cycles <= len(rows):
        address = rows.ctypes.data + (row * lanes + lane) * rows.itemsize
        return np.uintp(address), np.uintp(lanes)
    for j in range(64):
        element = lane + j
        source = (row + element // lanes * step) % len(rows)
        for t in range(cycles):
            scratch[64 * t + j] = rows[source, element % lanes]
            source = source + 1 if source + 1 < len(rows) else 0
    return np.uintp(scratch.ctypes.data), np.uintp(64)


@compiled
def update_slices_many_cycles(
    slices, limit, weight_scale, gradient_words, momentum_words, decay_words, cycles_per_step
):
    """Update many slices in place, whose gradients are finite.

    Parameters
    ----------
    slices : array [n] of `TENSOR_SLICE`
        In the order of the update. Momenta are in units of their increment and have the dtype
        of the words R2.
    limit : int
        Of the momenta.
    weight_scale : (unit, low, high)
        Of the weights, as in `update_tensor_many_cycles`.
    gradient_words, momentum_words, decay_words, cycles_per_step
        As in `update_tensor_many_cycles`, from the first slice on.
    """
    words = gradient_words, momentum_words, decay_words
    for n in range(len(slices)):
        gradient, momentum, weight, words1, words2, words3 = slice_arguments(
            slices[n], slices[0].position, limit, weight_scale, words
        )
        update_tensor_many_cycles(
            gradient, momentum, weight, words1, words2, words3, cycles_per_step
        )
