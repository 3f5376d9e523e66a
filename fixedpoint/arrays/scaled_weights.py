"""Conversion of real weights to two or three values and a scale."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..circuit import check_axes
from ..circuit.array_checks import check_floats
from .fixed_array import FixedArray
from .number_checks import check_finite, real_array

__all__ = ["ScaledWeights", "binarize", "real_weights", "ternarize"]


@dataclasses.dataclass(frozen=True, eq=False)
class ScaledWeights:
    """Weights of -1, 0 and +1, times a scale.

    Attributes
    ----------
    codes : FixedArray
        The weights -1, 0 and +1 in sQ2.0, which `matmul`, `conv2d` and `BinaryMac` take.
    scale : float64 array
        Has as many dimensions as the codes, with length 1 along shared axes.
    """

    codes: FixedArray
    scale: NDArray[np.float64]

    def to_float(self) -> NDArray[np.float64]:
        """Return the weights times their scale."""
        return self.codes.to_float() * self.scale


def binarize(weights: ArrayLike, axis: int | tuple[int, ...] | None = None) -> ScaledWeights:
    """Return weights of -1 and +1 and the scale that minimises the squared error.

    Parameters
    ----------
    weights : array of floats or integers
    axis : int or tuple of int, optional
        Axes along which one scale is shared, by default all. ``(1, 2, 3)`` gives each
        output channel of a convolution a scale of its own.

    Returns
    -------
    ScaledWeights
        The signs, +1 for 0, and the mean magnitude.

    Raises
    ------
    ValueError
        If a weight is NaN or infinite, or a scale has no weights.

    Notes
    -----
    Of all B in {-1, +1} and real alpha the result minimises ``sum((w - alpha B)**2)``.

    Source: M. Rastegari, V. Ordonez, J. Redmon and A. Farhadi, "XNOR-Net", ECCV 2016,
    equation 6; M. Courbariaux, Y. Bengio and J.-P. David, "BinaryConnect", NIPS 2015,
    equation 1, is the codes alone, without the scale.

    Examples
    --------
    >>> from fixedpoint import binarize
    >>> weights = binarize([0.5, -0.25, 0.75, 0.0])
    >>> weights.codes.codes, weights.scale
    (array([ 1, -1,  1,  1], dtype=int8), array([0.375]))
    """
    w, axis = real_weights("binarize", weights, axis)
    codes = np.where(w < 0, -1, 1)
    return ScaledWeights(
        FixedArray(codes, "sQ2.0"), np.mean(np.abs(w), axis=axis, keepdims=True)
    )


def real_weights(
    name: str, weights: ArrayLike, axis: int | tuple[int, ...] | None
) -> tuple[NDArray[np.float64], tuple[int, ...] | None]:
    """Return weights as float64 and checked axes, or raise an error that starts with `name`."""
    w = check_floats(f"{name} takes", real_array(weights, name))
    check_finite(name, w)
    axes = check_axes(axis, w.ndim)
    if any(w.shape[a] == 0 for a in axes):
        raise ValueError(f"{name} takes at least one weight to a scale, not shape {w.shape}")
    largest = np.abs(w).max(initial=0)
    if largest > np.finfo(np.float64).max / max(w.size, 1):
        raise ValueError(f"{name} takes weights whose sum fits into float64, not {largest:g}")
    # All axes are summed as one.
    return w, None if axis is None else axes


def ternarize(weights: ArrayLike, axis: int | tuple[int, ...] | None = None) -> ScaledWeights:
    """Return weights of -1, 0 and +1 and a scale.

    Parameters
    ----------
    weights : array of floats or integers
    axis : int or tuple of int, optional
        Axes along which one threshold and one scale are shared, by default all.
        ``(1, 2, 3)`` gives each output channel of a convolution its own.

    Returns
    -------
    ScaledWeights
        The signs of the weights whose magnitude is above 0.7 times the mean magnitude, and
        0 for the others. The scale is the mean magnitude of the former, 0 if there are none.

    Raises
    ------
    ValueError
        If a weight is NaN or infinite, or a scale has no weights.

    Notes
    -----
    For these codes the scale minimises ``sum((w - alpha B)**2)``. The threshold is the
    paper's approximation to the optimum, in float64.

    Source: F. Li, B. Zhang and B. Liu, "Ternary Weight Networks", 2016, equations 3 to 6.

    Examples
    --------
    >>> from fixedpoint import ternarize
    >>> weights = ternarize([0.5, -0.25, 1.0, 0.25])
    >>> weights.codes.codes, weights.scale
    (array([1, 0, 1, 0], dtype=int8), array([0.75]))
    """
    w, axis = real_weights("ternarize", weights, axis)
    sizes = np.abs(w)
    kept = sizes > 0.7 * np.mean(sizes, axis=axis, keepdims=True)
    count = np.sum(kept, axis=axis, keepdims=True)
    total = np.sum(np.where(kept, sizes, 0), axis=axis, keepdims=True)
    codes = np.where(kept, np.sign(w), 0).astype(np.int8)
    return ScaledWeights(FixedArray(codes, "sQ2.0"), total / np.maximum(count, 1))
