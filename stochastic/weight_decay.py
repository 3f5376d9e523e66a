"""The momentum-SGD lanes' update of whole tensors where weights decay."""

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = ["update_decaying"]


@njit(cache=True, nogil=True)
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
    kind, real = c.dtype.type, w.dtype.type
    step, top, bottom = kind(increment), kind(limit), kind(-limit)
    units = real(1) / unit
    lanes = first_words.shape[1]
    # A word written twice, shifted right by that much, shows the rotated word.
    turned = third_words.shape[1] < lanes
    shifts = np.array(
        [width - lane % width if turned else 0 for lane in range(lanes)], np.uint64
    )
    mask = np.uint64((1 << width) - 1)
    for cycle in range(len(third_words)):
        begin = cycle // cycles_per_step * lanes
        size = min(lanes, len(c) - begin)
        r1 = first_words[(row1 + cycle) % len(first_words)]
        r2 = second_words[(row2 + cycle) % len(second_words)]
        r3 = third_words[cycle]
        twice = np.uint64(r3[0]) | (np.uint64(r3[0]) << np.uint64(width))
        gs, cs, ws = g[begin : begin + size], c[begin : begin + size], w[begin : begin + size]
        for lane in range(size):
            code = np.rint(gs[lane] * scale)
            word = np.float32(r1[lane])
            G = kind(code > word) - kind(-code > word)
            old = cs[lane]
            S = kind(old > r2[lane]) - kind(kind(-old) > r2[lane])
            new = kind(old + kind(step * kind(G - S)))
            new = new if new < top else top
            cs[lane] = new if new > bottom else bottom
            own = (twice >> shifts[lane]) & mask if turned else np.uint64(r3[lane])
            value = np.rint(ws[lane] * units)
            # Where a word is rounded it is larger than any magnitude of W.
            D = real(real(own) < value) - real(real(own) < -value)
            value -= rate * (real(S) + D)
            value = value if value < high else high
            value = value if value > low else low
            ws[lane] = value * unit
