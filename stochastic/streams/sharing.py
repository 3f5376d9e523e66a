"""How much two sequences that share a generator are correlated, over all pairs of codes."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from ..generators.generator import check_generator
from .count_table import count_table

if TYPE_CHECKING:
    from ..generators.generator import Generator

__all__ = ["SharingError", "sharing_error"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class SharingError:
    """Correlation of two sequences.

    Attributes
    ----------
    rms, largest : float
        Error of AND against the product of the two streams' own values, over all pairs of
        codes: root mean square, and largest magnitude.
    scc : float
        Mean stochastic-computing correlation, over the pairs where neither stream is
        constant.
    """

    rms: float
    largest: float
    scc: float


def sharing_error(first: Generator, second: Generator, length: int) -> SharingError:
    """Return the correlation of the streams of two generators.

    Parameters
    ----------
    first, second : Generator
        Of up to 12 bits each, for up to 65,535 cycles.
    length : int
        Cycles from reset, N.

    Raises
    ------
    ValueError
        If the table of all pairs would take more than 64 MiB.

    Examples
    --------
    A generator shared without a change gives the minimum in place of the product.

    >>> from stochastic import Sobol
    >>> shared = sharing_error(Sobol(width=6), Sobol(width=6), 64)
    >>> shared.scc, round(shared.rms, 3), shared.largest
    (1.0, 0.104, 0.25)
    >>> sharing_error(Sobol(width=6), Sobol(width=6, dimension=1), 64).largest < 0.05
    True
    """
    check_generator("sharing_error first", first)
    check_generator("sharing_error second", second)
    both = count_table((first, second), length).astype(np.int64)
    a, b = both[:, -1:], both[-1:, :]
    excess = length * both - a * b
    error = excess / length**2
    most = length * np.minimum(a, b) - a * b
    least = a * b - length * np.maximum(a + b - length, 0)
    below = np.where(excess > 0, most, least)
    varies = (a > 0) & (a < length) & (b > 0) & (b < length)
    correlation = excess[varies] / below[varies]
    return SharingError(
        rms=float(np.sqrt((error**2).mean())),
        largest=float(np.abs(error).max()),
        scc=float(correlation.mean()) if correlation.size else 0.0,
    )
