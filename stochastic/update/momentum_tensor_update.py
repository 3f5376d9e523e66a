"""Momentum SGD of whole tensors by counters, one cycle a step."""

from __future__ import annotations

import numpy as np

from fixedpoint.kernels.compiled import compiled, deferred
from fixedpoint.update.tensor_slices import array_at

from .strided_words import strided_lane_words

__all__ = [
    *("interleaved", "sample_slices", "sample_tensor", "slice_arguments"),
    *("update_slices", "update_tensor"),
]

sample_64_gradients, update_64_counters = deferred(
    "stochastic.update.momentum_instructions", "sample_64_gradients", "update_64_counters"
)
(prefetch,) = deferred("stochastic.streams.vector_instructions", "prefetch")

# Number of elements processed at a time, so that they stay in the L2 cache.
BLOCK_SIZE = 1 << 18
# Number of elements by which memory is prefetched ahead of its use.
PREFETCH_DISTANCE = 512


@compiled
def sample_tensor(gradient, gradient_words, momentum_words, out):
    """Write the samples G of an update.

    Parameters
    ----------
    gradient : (float32 array [n], scale)
        The code of an element is ``rint(gradient * scale)``, clipped to full scale.
    gradient_words : (integer array [rows, lanes], row)
        R1 as the lanes see it, and the first row. Row 0 follows the last row.
    momentum_words : (signed array [rows, lanes], row)
        R2 likewise, in the dtype and unit of the momentum. Here it only limits the blocks.
    out : int8 array [n]
        Written, in a form that `update_tensor` reads.

    Returns
    -------
    bool
        Whether all gradients are finite. Otherwise the samples are meaningless.
    """
    g, scale = gradient
    rows1, row1 = gradient_words
    rows2, row2 = momentum_words
    finite = True
    begin = 0
    while begin < len(g):
        end, groups = _next_block(begin, len(g), rows1, row1, rows2, row2)
        r1 = rows1[row1 : row1 + groups].reshape(-1)
        finite &= _sample(g[begin:end], scale, r1, out[begin:end])
        row1 = (row1 + groups) % len(rows1)
        row2 = (row2 + groups) % len(rows2)
        begin = end
    return finite


@compiled
def sample_slices(slices, gradient_words, momentum_words, samples):
    """Write the samples G of an update, for many slices.

    Parameters
    ----------
    slices : array [n] of `TENSOR_SLICE`
        In the order of the update.
    gradient_words, momentum_words
        As in `sample_tensor`; the rows are those of the first slice.
    samples : int8 array
        Written from the index `begin` of each slice on.

    Returns
    -------
    int
        Number of slices before the first one with a gradient that is not finite.
    """
    (rows1, row1), (rows2, row2) = gradient_words, momentum_words
    for n in range(len(slices)):
        tensor_slice = slices[n]
        size = tensor_slice.size
        elapsed = tensor_slice.position - slices[0].position
        if not sample_tensor(
            (array_at(tensor_slice.gradient, size, np.float32), tensor_slice.factor),
            (rows1, (row1 + elapsed) % len(rows1)),
            (rows2, (row2 + elapsed) % len(rows2)),
            samples[tensor_slice.begin : tensor_slice.begin + size],
        ):
            return n
    return len(slices)


@compiled
def update_tensor(
    gradient, momentum, weight, gradient_words, momentum_words, decay_words, samples
):
    """Update one tensor in place after `sample_tensor` has found its gradients finite.

    The unit of the weights may be any power of two, so that a network's own tensors can be
    updated.

    Parameters
    ----------
    gradient, gradient_words, momentum_words
        As in `sample_tensor`.
    momentum : (signed array [n], increment, limit)
        C in any unit that divides its increment; overwritten.
    weight : (float array [n], unit, rate, low, high)
        W times its unit, rounded to whole units and overwritten; the rate and the range of W
        in units, all in the array's dtype. Magnitudes of W are at most 2^24 in float32, which
        holds them exactly, or 2^31 in float64.
    decay_words : (uint32 array [cycles, 1 or lanes], width)
        R3 from the first cycle on, with a word for each lane or one word that the lanes
        rotate. No rows without weight decay.
    samples : int8 array [n]
        Output of `sample_tensor`; overwritten.
    """
    c, increment, limit = momentum
    w, unit, rate, low, high = weight
    limits = unit, rate, low, high
    rows1, row1 = gradient_words
    rows2, row2 = momentum_words
    rows3, width = decay_words
    row3 = 0
    lanes = rows1.shape[1]
    begin = 0
    while begin < len(c):
        end, groups = _next_block(begin, len(c), rows1, row1, rows2, row2)
        r2 = rows2[row2 : row2 + groups].reshape(-1)
        r3 = np.empty(0, np.uint32)
        if len(rows3):
            r3 = strided_lane_words(rows3, width, lanes, row3, 1, groups)
        _update_counters(
            c[begin:end], increment, limit, w[begin:end], limits, r2, r3, samples[begin:end]
        )
        row1 = (row1 + groups) % len(rows1)
        row2 = (row2 + groups) % len(rows2)
        row3 += groups
        begin = end


@compiled
def update_slices(
    slices, limit, weight_scale, gradient_words, momentum_words, decay_words, samples
):
    """Update many slices in place after `sample_slices` has found their gradients finite.

    Parameters
    ----------
    slices, gradient_words, momentum_words
        As in `sample_slices`. Momenta are in units of their increment and have the dtype of
        the words R2.
    limit : int
        Of the momenta.
    weight_scale : (unit, low, high)
        Of the weights, as in `update_tensor`.
    decay_words : (uint32 array [cycles, 1 or lanes], width)
        As in `update_tensor`, from the first slice on.
    samples : int8 array
        Output of `sample_slices`; overwritten.
    """
    words = gradient_words, momentum_words, decay_words
    for n in range(len(slices)):
        tensor_slice = slices[n]
        begin = tensor_slice.begin
        gradient, momentum, weight, words1, words2, words3 = slice_arguments(
            tensor_slice, slices[0].position, limit, weight_scale, words
        )
        update_tensor(
            gradient,
            momentum,
            weight,
            words1,
            words2,
            words3,
            samples[begin : begin + tensor_slice.size],
        )


@compiled(inline=True)
def slice_arguments(tensor_slice, position, limit, weight_scale, words):
    """Return what the update of a slice takes: gradients, momenta, weights and three words.

    Parameters
    ----------
    tensor_slice : record of `TENSOR_SLICE`
    position : int
        Of the slice whose first rows are given.
    limit, weight_scale
        As in `update_slices`.
    words : tuple
        The words R1, R2 and R3, as in `update_slices`.
    """
    (rows1, row1), (rows2, row2), (rows3, width) = words
    unit, low, high = weight_scale
    size, elapsed = tensor_slice.size, tensor_slice.position - position
    w = array_at(tensor_slice.weight, size, np.float32)
    return (
        (array_at(tensor_slice.gradient, size, np.float32), tensor_slice.factor),
        (array_at(tensor_slice.momentum, size, rows2.dtype.type), 1, limit),
        (w, unit, np.float32(tensor_slice.rate), low, high),
        (rows1, (row1 + elapsed) % len(rows1)),
        (rows2, (row2 + elapsed) % len(rows2)),
        (rows3[elapsed:], width),
    )


@compiled
def _next_block(begin, size, rows1, row1, rows2, row2):
    """Return the end of the next block and its groups, whose words are contiguous."""
    lanes = rows1.shape[1]
    groups = min(max(1, BLOCK_SIZE // lanes), len(rows1) - row1, len(rows2) - row2)
    end = min(begin + groups * lanes, size)
    return end, -(-(end - begin) // lanes)


@compiled
def interleaved(n, count):
    """Return the n-th index below `count`, in turn from four quarters: memory is faster so."""
    quarter = count // 4
    return n // 4 + n % 4 * quarter if n < 4 * quarter else n


@compiled
def _sample(g, scale, r1, out):
    """Write the samples G of some gradients; return whether all are finite.

    Each full group of 64 samples becomes two adjacent words. Each of the remaining samples is
    an element in its own place.
    """
    words = out[: len(out) // 64 * 64].view(np.uint64)
    infinite = np.uint64(0)
    groups = len(words) // 8
    for n in range(groups):
        k = interleaved(n, groups)
        i = np.uintp(64 * k)
        for ahead in range(PREFETCH_DISTANCE, PREFETCH_DISTANCE + 64, 16):
            prefetch(g, i + np.uintp(ahead))
        infinite |= sample_64_gradients(g, scale, r1, i, words, np.uintp(2 * k))
    finite = infinite == 0
    for i in range(64 * groups, len(out)):
        code = np.rint(g[i] * scale)
        word = np.float32(r1[i])
        out[i] = np.int8(code > word) - np.int8(-code > word)
        finite &= np.isfinite(g[i])
    return finite


@compiled
def _update_counters(c, increment, limit, w, weight_limits, r2, r3, samples):
    """Compute one cycle of some momentum and weight counters."""
    kind = c.dtype.type
    step, top, bottom = kind(increment), kind(limit), kind(-limit)
    real = w.dtype.type
    unit, rate, low, high = weight_limits
    units = real(1) / unit
    words = samples[: len(samples) // 64 * 64].view(np.uint64)
    groups = len(words) // 8
    scale = real(unit), units, rate, low, high
    for n in range(groups):
        k = interleaved(n, groups)
        i = np.uintp(64 * k)
        for ahead in range(PREFETCH_DISTANCE, PREFETCH_DISTANCE + 64, 16):
            prefetch(w, i + np.uintp(ahead))
        prefetch(c, i + np.uintp(PREFETCH_DISTANCE))
        if len(r3):
            update_64_counters(words, np.uintp(2 * k), c, (step, top), r2, r3, w, scale, i)
        else:
            update_64_counters(words, np.uintp(2 * k), c, (step, top), r2, None, w, scale, i)
    for i in range(64 * groups, len(samples)):
        old = c[i]
        S = kind(kind(old > r2[i]) - kind(kind(-old) > r2[i]))
        new = kind(old + kind(step * kind(kind(samples[i]) - S)))
        new = new if new < top else top
        c[i] = new if new > bottom else bottom
        value = np.rint(w[i] * units)
        moves = real(S)
        if len(r3):
            # A word that is rounded here exceeds any magnitude of W.
            word = real(r3[i])
            moves += real(word < value) - real(word < -value)
        value -= rate * moves
        value = value if value < high else high
        value = value if value > low else low
        w[i] = value * unit
