"""Real weights to two or three values and a scale."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .arguments import check_axes
from .array import FixedArray
from .quantize import check_finite, real_array

__all__ = ["ScaledWeights", "binarize", "real_weights"]


@dataclasses.dataclass(frozen=True, eq=False)
class ScaledWeights:
    """Weights of -1, 0 and +1, times a scale.

    Attributes
    ----------
    codes : FixedArray
        The weights -1, 0 and +1 in sQ2.0, which `matmul`, `conv2d` and `BinaryMac` take.
    scale : float64 array
        Of as many dimensions as the codes, of length 1 where one scale is shared.
    """

    codes: FixedArray
    scale: NDArray[np.float64]

    def to_float(self) -> NDArray[np.float64]:
        """Return the weights times their scale."""
        return self.codes.to_float() * self.scale


def binarize(weights: ArrayLike, axis: int | tuple[int, ...] | None = None) -> ScaledWeights:
    """Return weights of -1 and +1 and the scale with which they are nearest.

    Parameters
    ----------
    weights : array of floats or integers
    axis : int or tuple of int, optional
        Along which one scale is shared, by default along all: ``(1, 2, 3)`` gives each
        output channel of a convolution its own.

    Returns
    -------
    ScaledWeights
        The signs, +1 for 0, and the mean magnitude.

    Raises
    ------
    ValueError
        If a weight is NaN or infinite, or a scale would be that of no weights.

    Notes
    -----
    Of all B in {-1, +1} and real alpha these have the least ``sum((w - alpha B)**2)``.

    Source: M. Rastegari, V. Ordonez, J. Redmon and A. Farhadi, "XNOR-Net", ECCV 2016,
    equation 6; M. Courbariaux, Y. Bengio and J.-P. David, "BinaryConnect", NIPS 2015,
    equation 1, is the codes alone, without the scale.

    Examples
    --------
    >>> from fixedpoint import binarize
    >>> made = binarize([0.5, -0.25, 0.75, 0.0])
    >>> made.codes.codes, made.scale
    (array([ 1, -1,  1,  1], dtype=int8), array([0.375]))
    """
    w = real_weights("binarize", weights, axis)
    codes = np.where(w < 0, -1, 1)
    return ScaledWeights(
        FixedArray(codes, "sQ2.0"), np.mean(np.abs(w), axis=axis, keepdims=True)
    )


def real_weights(
    name: str, weights: ArrayLike, axis: int | tuple[int, ...] | None
) -> NDArray[np.float64]:
    """Return weights as float64, or say what is wrong with them."""
    w = real_array(weights, name).astype(np.float64)
    check_finite(name, w)
    axes = check_axes(axis, w.ndim)
    if any(w.shape[a] == 0 for a in axes):
        raise ValueError(f"{name} takes at least one weight to a scale, not shape {w.shape}")
    return w
