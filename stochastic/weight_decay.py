"""The momentum-SGD lanes' update of whole tensors where weights decay."""

from __future__ import annotations

import numpy as np

from fixedpoint.compiled import compiled

from .lane_rows import every_row, turned_rows

__all__ = ["update_decaying"]

# Elements that the kernel works on at a time: they stay in the L2 cache.
BLOCK = 1 << 14


@compiled
def update_decaying(gradient, momentum, weight, first, second, third, cycles_per_step):
    """Update one tensor in place, all of its cycles and samples.

    Parameters
    ----------
    gradient, momentum, weight, first, second, cycles_per_step
        As for `momentum_update.update`. The magnitudes of W are at most 2^24 in float32,
        which holds them exactly, or 2^31 in float64.
    third : (uint32 array [cycles, 1 or lanes], width)
        R3 from the tensor's first cycle on, for each lane or to be rotated for each lane.
    """
    g, scale = gradient
    c, increment, limit = momentum
    w, unit, rate, low, high = weight
    first_words, row1 = first
    second_words, row2 = second
    third_words, width = third
    lanes, step = first_words.shape[1], cycles_per_step
    kind = c.dtype.type
    most = max(1, BLOCK // lanes)
    begin, row3 = 0, 0
    while begin < len(c):
        groups = min(most, -(-(len(c) - begin) // lanes))
        end = min(begin + groups * lanes, len(c))
        for cycle in range(step):
            _cycle(
                (g[begin:end], scale),
                (c[begin:end], kind(increment), kind(limit)),
                (w[begin:end], unit, rate, low, high),
                every_row(first_words, row1 + cycle, step, groups),
                every_row(second_words, row2 + cycle, step, groups),
                turned_rows(third_words, width, lanes, row3 + cycle, step, groups),
            )
        row1, row2, row3 = row1 + groups * step, row2 + groups * step, row3 + groups * step
        begin = end


@compiled
def _cycle(gradient, momentum, weight, r1, r2, r3):
    """Do one cycle of some counters."""
    g, scale = gradient
    c, step, top = momentum
    w, unit, rate, low, high = weight
    kind, real = c.dtype.type, w.dtype.type
    bottom, units = kind(-top), real(1) / unit
    # Selections rather than products, so that the loop becomes vector code.
    still, rest = kind(0), real(0)
    for i in range(len(c)):
        code = np.rint(g[i] * scale)
        word = np.float32(r1[i])
        old, minus = c[i], kind(-c[i])
        new = kind(old + (step if code > word else still))
        new = kind(new - (step if -code > word else still))
        new = kind(new - (step if old > r2[i] else still))
        new = kind(new + (step if minus > r2[i] else still))
        new = new if new < top else top
        c[i] = new if new > bottom else bottom
        value = np.rint(w[i] * units)
        # Where a word is rounded it is larger than any magnitude of W.
        own = real(r3[i])
        D = (rate if own < value else rest) - (rate if own < -value else rest)
        value -= (rate if old > r2[i] else rest) - (rate if minus > r2[i] else rest) + D
        value = value if value < high else high
        value = value if value > low else low
        w[i] = value * unit
