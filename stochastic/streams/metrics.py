"""Correlation of streams."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fixedpoint.circuit import check_integer

from .bitstream import Bitstream
from .plain_streams import plain

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["autocorrelation", "pearson", "scc", "zero_correlation_error"]


def scc(a: Bitstream | ArrayLike, b: Bitstream | ArrayLike) -> NDArray[np.float64]:
    """Return the stochastic-computing correlation of pairs of streams.

    Parameters
    ----------
    a, b : Bitstream, or array of bits ``[..., N]``
        Plain unipolar or bipolar streams of one length, of shapes that broadcast.

    Returns
    -------
    float64 array of the broadcast shape
        From -1 (least possible overlap of ones) to 1 (largest possible overlap). 0 for the
        overlap of independent streams, and where one of the streams is constant.

    Raises
    ------
    TypeError, ValueError
        If the streams are sign-magnitude or integral, or lengths or shapes do not match.

    Notes
    -----
    With p and q the fractions of ones, the AND of the two has ``pq + SCC (min(p, q) - pq)``
    for SCC >= 0 and ``pq + SCC (pq - max(p + q - 1, 0))`` below.

    Source: A. Alaghi and J. P. Hayes, "Exploiting correlation in stochastic circuit
    design", ICCD 2013.

    Examples
    --------
    >>> scc([1, 1, 0, 0], [[1, 1, 0, 0], [1, 0, 1, 0], [0, 0, 1, 1]]).tolist()
    [1.0, 0.0, -1.0]
    """
    both, ones_a, ones_b, length = _counts("scc", a, b)
    excess = length * both - ones_a * ones_b
    most = length * np.minimum(ones_a, ones_b) - ones_a * ones_b
    least = ones_a * ones_b - length * np.maximum(ones_a + ones_b - length, 0)
    return _quotient(excess, np.where(excess > 0, most, least))


def zero_correlation_error(
    a: Bitstream | ArrayLike, b: Bitstream | ArrayLike
) -> NDArray[np.float64]:
    """Return the avoidable error of the AND of pairs of streams against their product.

    Parameters
    ----------
    a, b : Bitstream, or array of bits ``[..., N]``
        As for `scc`.

    Returns
    -------
    float64 array of the broadcast shape
        ``D (1 - |D0 / D|)``, with D the fraction of coinciding ones less the product pq, and
        D0 the smallest such difference that N cycles allow. 0 if D is 0.

    Raises
    ------
    TypeError, ValueError
        As for `scc`.

    Notes
    -----
    Source: the zero correlation error (ZCE), ASP-DAC 2021.

    Examples
    --------
    >>> a = [1, 1, 1] + [0] * 13
    >>> b = [0] + [1] * 14 + [0]
    >>> (256 * zero_correlation_error(a, b)).tolist()
    -4.0
    """
    both, ones_a, ones_b, length = _counts("zero_correlation_error", a, b)
    # In units of 1 / N^2 every term is an integer.
    product = ones_a * ones_b
    difference = length * both - product
    smallest = length * ((2 * product + length) // (2 * length)) - product
    excess = np.abs(difference) - np.abs(smallest)
    return np.sign(difference) * excess / np.float64(length) ** 2


def pearson(a: Bitstream | ArrayLike, b: Bitstream | ArrayLike) -> NDArray[np.float64]:
    """Return Pearson's correlation coefficient of pairs of streams.

    Parameters
    ----------
    a, b : Bitstream, or array of bits ``[..., N]``
        As for `scc`.

    Returns
    -------
    float64 array of the broadcast shape
        -1 to 1; 0 where one of the streams is constant.

    Raises
    ------
    TypeError, ValueError
        As for `scc`.

    Examples
    --------
    >>> pearson([1, 1, 0, 0], [[1, 1, 0, 0], [1, 0, 1, 0]]).tolist()
    [1.0, 0.0]
    """
    both, ones_a, ones_b, length = _counts("pearson", a, b)
    spread = np.sqrt((ones_a * (length - ones_a)).astype(np.float64))
    spread = spread * np.sqrt((ones_b * (length - ones_b)).astype(np.float64))
    # Rounding may leave the interval by a unit in the last place.
    return np.clip(_quotient(length * both - ones_a * ones_b, spread), -1, 1)


def autocorrelation(stream: Bitstream | ArrayLike, lag: int = 1) -> NDArray[np.float64]:
    """Return the correlation of streams with themselves, `lag` cycles later.

    Parameters
    ----------
    stream : Bitstream, or array of bits ``[..., N]``
        Plain unipolar or bipolar.
    lag : int
        0..N - 1 cycles.

    Returns
    -------
    float64 array of the streams' shape
        ``sum((x[t] - m) (x[t + lag] - m)) / sum((x[t] - m)^2)`` with m the mean over all N
        cycles. The first sum has N - lag terms. 0 for a constant stream.

    Raises
    ------
    TypeError, ValueError
        If the stream is sign-magnitude or integral, or the lag is out of range.

    Examples
    --------
    >>> autocorrelation([1, 0, 1, 0], lag=1).tolist()
    -0.75
    """
    stream = plain("autocorrelation", stream)
    length = stream.length
    lag = check_integer(f"lag of {length} bits", lag, 0, length - 1)
    bits = stream.bits()
    early, late = bits[..., : length - lag], bits[..., lag:]
    # Multiplied by N^2 all terms are integers. float64 serves where N^3 exceeds int64.
    kind = np.int64 if length < 1 << 20 else np.float64
    total = stream.count().astype(kind)
    pairs = (early & late).sum(axis=-1).astype(kind)
    ends = early.sum(axis=-1) + late.sum(axis=-1)
    above = length * length * pairs - length * total * ends + (length - lag) * total * total
    return _quotient(above, length * total * (length - total))


def _counts(name: str, a: Any, b: Any) -> tuple[Any, Any, Any, int]:
    """Count the cycles in which both, the first, and the second are 1."""
    a, b = plain(name, a), plain(name, b)
    if a.length != b.length:
        raise ValueError(f"{name} takes streams of one length, not {a.length} and {b.length}")
    try:
        words = a.words & b.words
    except ValueError:
        raise ValueError(
            f"{name} takes streams of shapes that broadcast, not {a.shape} and {b.shape}"
        ) from None
    both = np.bitwise_count(words).sum(axis=-1, dtype=np.int64)
    return both, a.count(), b.count(), a.length


def _quotient(above: Any, below: Any) -> NDArray[np.float64]:
    above, below = np.broadcast_arrays(np.float64(above), np.float64(below))
    return np.divide(above, below, out=np.zeros(above.shape), where=below != 0)
