"""The momentum-SGD lanes' update of whole tensors, without simulating cycles one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fixedpoint.kernels.compiled import compiled, deferred
from fixedpoint.update.tensor_slices import array_at

from .lane_rows import every_row, turned_rows

if TYPE_CHECKING:
    pass

__all__ = ["sample", "sample_pieces", "update", "update_pieces"]

momentum_moves, momentum_samples = deferred(
    "stochastic.update.momentum_instructions", "momentum_moves", "momentum_samples"
)
(prefetch,) = deferred("stochastic.streams.vector_instructions", "prefetch")

# Elements times cycles that the kernels work on at a time: they stay in the L2 cache.
BLOCK = 1 << 18
# How many elements ahead of the work they are fetched from memory.
AHEAD = 512


@compiled
def sample(gradient, first, second, cycles_per_step, out):
    """Write the samples G of the first of an update's cycles.

    Parameters
    ----------
    gradient : (float32 array [n], scale)
        The factor makes codes of the values: an element's code is
        ``rint(gradient * scale)``, and full scale where it is larger.
    first : (integer array [rows, lanes], row)
        R1 as the lanes see it; where to begin. After the last row comes row 0 again.
    second : (signed array [rows, lanes], row)
        R2 likewise, in the momentum's type and unit; here it only says where blocks end.
    cycles_per_step : int
    out : int8 array [n]
        Written, in a form that `update` reads.

    Returns
    -------
    bool
        Whether all gradients are finite; else the samples mean nothing.
    """
    g, scale = gradient
    words, row1 = first
    others, row2 = second
    finite = True
    begin = 0
    while begin < len(g):
        end, groups = _block(begin, len(g), cycles_per_step, words, row1, others, row2)
        r1 = every_row(words, row1, cycles_per_step, groups)
        finite &= _sample(g[begin:end], scale, r1, out[begin:end])
        row1 = (row1 + groups * cycles_per_step) % len(words)
        row2 = (row2 + groups * cycles_per_step) % len(others)
        begin = end
    return finite


@compiled
def sample_pieces(pieces, first, second, cycles_per_step, samples):
    """Write the samples G of the first of an update's cycles, of many pieces.

    Parameters
    ----------
    pieces : array [n] of `TENSOR_SLICE`
        One after another in the order of the update.
    first, second, cycles_per_step
        As for `sample`; the rows where the first piece begins.
    samples : int8 array
        Written, for each piece from where it begins.

    Returns
    -------
    int
        How many pieces come before the first one with a gradient that is not finite.
    """
    (words, row1), (others, row2) = first, second
    for n in range(len(pieces)):
        piece = pieces[n]
        on = piece.position - pieces[0].position
        if not sample(
            (array_at(piece.gradient, piece.size, np.float32), piece.factor),
            (words, (row1 + on) % len(words)),
            (others, (row2 + on) % len(others)),
            cycles_per_step,
            samples[piece.begin : piece.begin + piece.size],
        ):
            return n
    return len(pieces)


@compiled
def update(gradient, momentum, weight, first, second, third, cycles_per_step, samples):
    """Update one tensor in place, once `sample` has found its gradients finite.

    The weights may have any power of two as their unit, so that a network's own tensors
    can serve as they are.

    Parameters
    ----------
    gradient, first, second, cycles_per_step
        As for `sample`.
    momentum : (signed array [n], increment, limit)
        C in any unit that divides its increment; written.
    weight : (float array [n], unit, rate, low, high)
        W times its unit; the rate and the range of W in units, all in the array's type;
        rounded to whole units and written. Magnitudes of W are at most 2^24 in float32,
        which holds them exactly, or 2^31 in float64.
    third : (uint32 array [cycles, 1 or lanes], width)
        R3 from the first cycle on, for each lane or to be rotated for each lane; no rows
        where weights do not decay.
    samples : int8 array [n]
        What `sample` wrote; overwritten.
    """
    g, scale = gradient
    c, increment, limit = momentum
    w, unit, rate, low, high = weight
    first_words, row1 = first
    second_words, row2 = second
    third_words, width = third
    row3 = 0
    lanes, step = first_words.shape[1], cycles_per_step
    begin = 0
    while begin < len(c):
        end, groups = _block(begin, len(c), step, first_words, row1, second_words, row2)
        part = samples[begin:end]
        for cycle in range(step):
            if cycle > 0:
                r1 = every_row(first_words, row1 + cycle, step, groups)
                _sample(g[begin:end], scale, r1, part)
            r2 = every_row(second_words, row2 + cycle, step, groups)
            r3 = np.empty(0, np.uint32)
            if len(third_words):
                r3 = turned_rows(third_words, width, lanes, row3 + cycle, step, groups)
            numbers = (unit, rate, low, high)
            _move(c[begin:end], increment, limit, w[begin:end], numbers, r2, r3, part)
        row1 = (row1 + groups * step) % len(first_words)
        row2 = (row2 + groups * step) % len(second_words)
        row3 += groups * step
        begin = end


@compiled
def update_pieces(pieces, limit, numbers, first, second, third, cycles_per_step, samples):
    """Update many pieces in place, once `sample_pieces` has found their gradients finite.

    Parameters
    ----------
    pieces, first, second, cycles_per_step
        As for `sample_pieces`. Momenta are in units of their increment, and of the type of
        the words R2.
    limit : int
        Of the momenta.
    numbers : (unit, low, high)
        Of the weights, as for `update`.
    third : (uint32 array [cycles, 1 or lanes], width)
        As for `update`, from the first piece on.
    samples : int8 array
        What `sample_pieces` wrote; overwritten.
    """
    (words, row1), (others, row2) = first, second
    third_words, width = third
    unit, low, high = numbers
    for n in range(len(pieces)):
        piece = pieces[n]
        size = piece.size
        on = piece.position - pieces[0].position
        update(
            (array_at(piece.gradient, size, np.float32), piece.factor),
            (array_at(piece.momentum, size, others.dtype.type), 1, limit),
            (
                array_at(piece.weight, size, np.float32),
                unit,
                np.float32(piece.rate),
                low,
                high,
            ),
            (words, (row1 + on) % len(words)),
            (others, (row2 + on) % len(others)),
            (third_words[on:], width),
            cycles_per_step,
            samples[piece.begin : piece.begin + size],
        )


@compiled
def _block(begin, size, step, first, row1, second, row2):
    """Return where the next block ends and its groups, whose words lie side by side."""
    lanes = first.shape[1]
    groups = max(1, BLOCK // (lanes * step))
    if step == 1:
        groups = min(groups, len(first) - row1, len(second) - row2)
    end = min(begin + groups * lanes, size)
    return end, -(-(end - begin) // lanes)


@compiled
def _turn(n, count):
    """Return a number below `count`: from four quarters in turn, as memory is faster so."""
    quarter = count // 4
    return n // 4 + n % 4 * quarter if n < 4 * quarter else n


@compiled
def _sample(g, scale, r1, out):
    """Write the samples G of some gradients; return whether all are finite.

    Whole sixty-fours become two words each, side by side; an element of the rest is as it
    is, in its own place.
    """
    words = out[: len(out) // 64 * 64].view(np.uint64)
    infinite = np.uint64(0)
    whole = len(words) // 8
    for n in range(whole):
        k = _turn(n, whole)
        i = np.uintp(64 * k)
        for ahead in range(AHEAD, AHEAD + 64, 16):
            prefetch(g, i + np.uintp(ahead))
        infinite |= momentum_samples(g, scale, r1, i, words, np.uintp(2 * k))
    finite = infinite == 0
    for i in range(64 * whole, len(out)):
        code = np.rint(g[i] * scale)
        word = np.float32(r1[i])
        out[i] = np.int8(code > word) - np.int8(-code > word)
        finite &= np.isfinite(g[i])
    return finite


@compiled
def _move(c, increment, limit, w, numbers, r2, r3, samples):
    """Do one cycle of some counters."""
    kind = c.dtype.type
    step, top, bottom = kind(increment), kind(limit), kind(-limit)
    real = w.dtype.type
    unit, rate, low, high = numbers
    units = real(1) / unit
    words = samples[: len(samples) // 64 * 64].view(np.uint64)
    whole = len(words) // 8
    five = real(unit), units, rate, low, high
    for n in range(whole):
        k = _turn(n, whole)
        i = np.uintp(64 * k)
        for ahead in range(AHEAD, AHEAD + 64, 16):
            prefetch(w, i + np.uintp(ahead))
        prefetch(c, i + np.uintp(AHEAD))
        if len(r3):
            momentum_moves(words, np.uintp(2 * k), c, (step, top), r2, r3, w, five, i)
        else:
            momentum_moves(words, np.uintp(2 * k), c, (step, top), r2, None, w, five, i)
    for i in range(64 * whole, len(samples)):
        old = c[i]
        S = kind(kind(old > r2[i]) - kind(kind(-old) > r2[i]))
        new = kind(old + kind(step * kind(kind(samples[i]) - S)))
        new = new if new < top else top
        c[i] = new if new > bottom else bottom
        value = np.rint(w[i] * units)
        moves = real(S)
        if len(r3):
            # Where a word is rounded it is larger than any magnitude of W.
            own = real(r3[i])
            moves += real(own < value) - real(own < -value)
        value -= rate * moves
        value = value if value < high else high
        value = value if value > low else low
        w[i] = value * unit
