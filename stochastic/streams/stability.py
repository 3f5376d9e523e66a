"""Stability of streams: how early the running value reaches the final one and stays there."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from fixedpoint.circuit import check_array, check_number
from fixedpoint.circuit.checks import shown

from .bitstream import Bitstream
from .packing import check_length
from .plain_streams import plain

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["largest_stability", "normalized_stability", "stability"]


def stability(stream: Bitstream | ArrayLike, threshold: float = 0.05) -> NDArray[np.float64]:
    """Return the part of a stream after which its running value is within a threshold.

    Parameters
    ----------
    stream : Bitstream, or array of bits ``[..., N]``
        Plain unipolar or bipolar; an array is taken as unipolar.
    threshold : float
        Largest distance T of the running value from the final one, 0 or more.

    Returns
    -------
    float64 array of the streams' shape
        ``1 - max(u, 1) / N``, with u the length of the longest prefix whose value differs
        from that of the whole stream by more than T, and 0 if there is none.

    Raises
    ------
    TypeError, ValueError
        If the stream is sign-magnitude or integral, or the threshold is negative.

    Notes
    -----
    Source: D. Wu, J. Li, R. Yin, H. Hsiao, Y. Kim and J. San Miguel, "uGEMM: Unary Computing
    Architecture for GEMM Applications", ISCA 2020, equation (3). A stream that is always
    within the threshold counts as one of u = 1, as in the authors' simulator.

    Examples
    --------
    >>> stability([[1, 1, 0, 0, 1, 0, 1, 0], [1, 0, 1, 0, 1, 0, 1, 0]], 0.2).tolist()
    [0.75, 0.875]
    """
    stream = plain("stability", stream)
    limit = _check_threshold("stability threshold", threshold, stream)
    length = stream.length
    counts = np.cumsum(stream.bits(), axis=-1, dtype=np.int64)
    prefix = np.arange(1, length + 1)
    # |c_l / l - c_N / N| > T, times l N, so that both values are integers.
    distance = np.abs(length * counts - prefix * counts[..., -1:])
    longest = np.where(distance > limit * prefix * length, prefix, 1).max(axis=-1)
    return np.asarray(1 - longest / length)


def largest_stability(
    ones: ArrayLike, length: int, threshold: float = 0.05
) -> NDArray[np.float64]:
    """Return the largest stability of any unipolar stream with given numbers of ones.

    Parameters
    ----------
    ones : int array
        Ones in N bits, 0..N.
    length : int
        N.
    threshold : float
        As for `stability`.

    Returns
    -------
    float64 array of the shape of `ones`

    Notes
    -----
    With p = ones / N, a prefix of l bits can be within the threshold only if an integer is
    within l T of l p. The stream whose prefixes have ``round(l p)`` ones meets every such
    bound at once, so the largest stability is ``1 - max(u, 1) / N`` with u the largest l for
    which the integer nearest to l p is farther than l T.

    Examples
    --------
    >>> largest_stability([0, 3, 4], 8, threshold=0.2).tolist()
    [0.875, 0.875, 0.875]
    """
    ones = check_array("largest_stability ones must be", ones)
    length = check_length(length)
    if ones.dtype.kind not in "iu":
        raise TypeError(f"largest_stability ones must be integers, not {ones.dtype}")
    if ones.size and not (ones.min() >= 0 and ones.max() <= length):
        raise ValueError(f"largest_stability ones must be between 0 and {length}")
    if not check_number("largest_stability threshold", threshold) >= 0:
        raise ValueError(
            f"largest_stability threshold must be 0 or more, not {shown(threshold)}"
        )
    prefix = np.arange(1, length + 1)
    remainder = ones[..., None] * prefix % length
    distance = np.minimum(remainder, length - remainder)
    longest = np.where(distance > threshold * prefix * length, prefix, 1).max(axis=-1)
    return np.asarray(1 - longest / length)


def normalized_stability(
    stream: Bitstream | ArrayLike, threshold: float = 0.05
) -> NDArray[np.float64]:
    """Return the stability divided by the largest one of any stream of the same value.

    Parameters
    ----------
    stream, threshold
        As for `stability`.

    Returns
    -------
    float64 array of the streams' shape
        0..1. 1 for a stream that is as stable as its value allows.

    Notes
    -----
    Source: uGEMM, as for `stability`, which normalizes by a search over periodic streams;
    `largest_stability` is the exact maximum over all streams.

    Examples
    --------
    >>> normalized_stability([[1, 1, 0, 0, 1, 0, 1, 0], [1, 0, 1, 0, 1, 0, 1, 0]], 0.2).tolist()
    [0.8571428571428571, 1.0]
    """
    stream = plain("normalized_stability", stream)
    limit = _check_threshold("normalized_stability threshold", threshold, stream)
    largest = largest_stability(stream.count(), stream.length, limit)
    found = stability(stream, threshold)
    return np.divide(found, largest, out=np.ones(largest.shape), where=largest > 0)


def _check_threshold(name: str, threshold: Any, stream: Bitstream) -> float:
    """Return the threshold for the part of ones: half of it for bipolar values."""
    if not check_number(name, threshold) >= 0 or math.isinf(threshold):
        raise ValueError(f"{name} must be 0 or more, not {shown(threshold)}")
    return float(threshold) / (2 if stream.encoding == "bipolar" else 1)
