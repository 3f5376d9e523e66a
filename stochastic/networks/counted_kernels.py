"""Compiled loops from numbers to places in a table, and from counters to numbers."""

from __future__ import annotations

import numpy as np

from fixedpoint.kernels.compiled import compiled

__all__ = ["round_sums", "table_places"]


@compiled
def table_places(x, scale, zero, places):
    """Write ``x scale + zero`` into the middle of padded places; the margins are `zero`.

    Parameters
    ----------
    x : float32 array ``[images, height, width]``
        Multiples of ``1 / scale``.
    scale, zero : float, uint16
    places : uint16 array ``[images, height + 2 top, width + 2 left]``
    """
    images, height, width = x.shape
    top, left = (places.shape[1] - height) // 2, (places.shape[2] - width) // 2
    for i in range(images):
        if top or left:
            places[i] = zero
        for row in range(height):
            target = places[i, top + row, left : left + width]
            for column in range(width):
                target[column] = np.uint16(np.int32(x[i, row, column] * scale) + np.int32(zero))


@compiled
def round_sums(sums, starts, steps, low, high, resolution, numbers):
    """Round the sums of counters to the output format, half to even, and saturate.

    Parameters
    ----------
    sums : int64 array ``[outputs, images, pixels]``
    starts : int64 array ``[outputs]``
        Added to the sums.
    steps : float64 array ``[outputs]``
        Value of a count; a power of two.
    low, high : float
        Smallest and largest code.
    resolution : float
        Of the output format; 0 keeps the exact sum.
    numbers : float32 array ``[images, outputs, pixels]``
    """
    outputs, images, pixels = sums.shape
    for j in range(outputs):
        scale = steps[j] / resolution if resolution else steps[j]
        for i in range(images):
            source, target = sums[j, i], numbers[i, j]
            if resolution:
                for p in range(pixels):
                    code = np.rint(np.float64(source[p] + starts[j]) * scale)
                    target[p] = max(low, min(code, high)) * resolution
            else:
                for p in range(pixels):
                    target[p] = np.float64(source[p] + starts[j]) * scale
