"""Real weights to three values and a scale."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .array import FixedArray
from .binary_weights import ScaledWeights, real_weights

__all__ = ["ternarize"]


def ternarize(weights: ArrayLike, axis: int | tuple[int, ...] | None = None) -> ScaledWeights:
    """Return weights of -1, 0 and +1 and a scale.

    Parameters
    ----------
    weights : array of floats or integers
    axis : int or tuple of int, optional
        Along which one threshold and one scale are shared, by default along all:
        ``(1, 2, 3)`` gives each output channel of a convolution its own.

    Returns
    -------
    ScaledWeights
        The signs of the weights whose magnitude is above 0.7 times the mean magnitude, and
        the mean magnitude of these; 0 for the others. The scale is 0 where there are none.

    Raises
    ------
    ValueError
        If a weight is NaN or infinite, or a scale would be that of no weights.

    Notes
    -----
    For its codes the scale has the least ``sum((w - alpha B)**2)``; the threshold is the
    paper's approximation to the best one, in float64.

    Source: F. Li, B. Zhang and B. Liu, "Ternary Weight Networks", 2016, equations 3 to 6.

    Examples
    --------
    >>> from fixedpoint import ternarize
    >>> made = ternarize([0.5, -0.25, 1.0, 0.25])
    >>> made.codes.codes, made.scale
    (array([1, 0, 1, 0], dtype=int8), array([0.75]))
    """
    w = real_weights("ternarize", weights, axis)
    sizes = np.abs(w)
    kept = sizes > 0.7 * np.mean(sizes, axis=axis, keepdims=True)
    count = np.sum(kept, axis=axis, keepdims=True)
    total = np.sum(np.where(kept, sizes, 0), axis=axis, keepdims=True)
    codes = np.where(kept, np.sign(w), 0).astype(np.int8)
    return ScaledWeights(FixedArray(codes, "sQ2.0"), total / np.maximum(count, 1))
