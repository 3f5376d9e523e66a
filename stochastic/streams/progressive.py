"""Progressive precision: the value of a stream so far, and when it is good enough."""

from __future__ import annotations

import math
import statistics
from typing import TYPE_CHECKING, Any

import numpy as np

from fixedpoint.circuit import check_number
from fixedpoint.circuit.checks import shown

from .bitstream import Bitstream
from .codes import check_encoding
from .plain_streams import plain

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["confident_length", "length_for_error", "progressive_values"]


def progressive_values(stream: Bitstream | ArrayLike) -> NDArray[np.float64]:
    """Return the value of a stream after every cycle.

    Parameters
    ----------
    stream : Bitstream, or array of bits ``[..., N]``
        Plain unipolar or bipolar; an array is taken as unipolar.

    Returns
    -------
    float64 array ``[..., N]``
        Entry t is the value of the first t + 1 bits.

    Notes
    -----
    A stream has progressive precision if the first 2^k bits give its value to k bits:
    streams of low-discrepancy generators do. Source: A. Alaghi and J. P. Hayes, "Fast and
    accurate computation using stochastic circuits", DATE 2014.

    Examples
    --------
    >>> progressive_values([1, 0, 0, 1]).tolist()
    [1.0, 0.5, 0.3333333333333333, 0.5]
    """
    stream = plain("progressive_values", stream)
    values = np.cumsum(stream.bits(), axis=-1) / np.arange(1, stream.length + 1)
    return 2 * values - 1 if stream.encoding == "bipolar" else values


def length_for_error(
    value: float, error: float, confidence: float = 0.95, encoding: str = "unipolar"
) -> int:
    """Return the length at which a stream of independent bits has a wanted error.

    Parameters
    ----------
    value : float
        The stream's value, 0..1 or -1..1. 0.5 unipolar, 0 bipolar, is the worst case.
    error : float
        Half width of the interval, above 0.
    confidence : float
        Probability that the measured value is within `error`, above 0 and below 1.
    encoding : {"unipolar", "bipolar"}

    Returns
    -------
    int
        The least N with ``z sqrt(v / N) <= error``, where v is the variance of a bit,
        ``p (1 - p)`` or ``1 - x^2``, and z the quantile of the normal law; at least 1.

    Examples
    --------
    >>> length_for_error(0.5, 0.05), length_for_error(0.5, 0.005)
    (385, 38415)
    """
    if check_encoding(encoding) == "sign-magnitude":
        raise ValueError(
            "length_for_error encoding must be unipolar or bipolar, not sign-magnitude"
        )
    low = -1 if encoding == "bipolar" else 0
    if not low <= check_number("length_for_error value", value) <= 1:
        raise ValueError(f"length_for_error value must be {low} to 1, not {shown(value)}")
    z = _quantile("length_for_error", error, confidence)
    variance = 1 - value**2 if encoding == "bipolar" else value * (1 - value)
    if math.sqrt(variance) * z / error >= 2.0**31:
        raise ValueError(
            f"length_for_error error must need at most 2^62 bits, unlike {shown(error)}"
        )
    return max(1, math.ceil(variance * (z / error) ** 2))


def confident_length(
    stream: Bitstream | ArrayLike, error: float, confidence: float = 0.95
) -> NDArray[np.int64]:
    """Return the length at which each stream could have been ended.

    Parameters
    ----------
    stream : Bitstream, or array of bits ``[..., N]``
        Plain unipolar or bipolar; an array is taken as unipolar.
    error, confidence : float
        As for `length_for_error`.

    Returns
    -------
    int64 array of the streams' shape
        The length of the shortest prefix whose Wilson interval has a half width of at most
        `error`; 0 if there is none in N bits.

    Notes
    -----
    With c ones in l bits the half width is
    ``z / (l + z^2) sqrt(c (l - c) / l + z^2 / 4)``, twice that for bipolar values. It holds
    for independent bits; streams of low-discrepancy generators are closer to their values.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical
    inference", Journal of the American Statistical Association 22, 1927.

    Examples
    --------
    >>> confident_length([[0] * 64, [0, 1] * 32], error=0.15).tolist()
    [9, 39]
    """
    stream = plain("confident_length", stream)
    z = _quantile("confident_length", error, confidence)
    limit = error / (2 if stream.encoding == "bipolar" else 1)
    length = np.arange(1, stream.length + 1)
    count = np.cumsum(stream.bits(), axis=-1)
    spread = np.sqrt(count * (length - count) / length + z * z / 4)
    enough = z / (length + z * z) * spread <= limit
    return np.where(enough.any(axis=-1), enough.argmax(axis=-1) + 1, 0)


def _quantile(name: str, error: Any, confidence: Any) -> float:
    """Return the quantile of the normal law for a two-sided confidence."""
    if not check_number(f"{name} error", error) > 0 or math.isinf(error):
        raise ValueError(f"{name} error must be above 0, not {shown(error)}")
    if not 0 < check_number(f"{name} confidence", confidence) < 1:
        raise ValueError(f"{name} confidence must be between 0 and 1, not {shown(confidence)}")
    return -statistics.NormalDist().inv_cdf((1 - confidence) / 2)
