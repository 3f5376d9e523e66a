"""Whether the streams of two generators are as independent as a gate needs them."""

from __future__ import annotations

import dataclasses
import sys
import warnings
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from ..generators.generator import Generator, same_sequence
from ..generators.sobol import Sobol

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "CorrelationWarning",
    "Dependence",
    "dependence",
    "independent_of",
    "require_independent",
    "warn_of_correlation",
]

# Bits of a word that are looked at, the most significant ones, and cycles of a window.
MOST_BITS = 8
LONGEST_WINDOW = 1 << 16

# Independent random streams exceed 2.5 times their expected error in about one of a thousand
# pairs at most: 6.25 in units of the mean of the Cramer-von Mises statistic.
EXCESS = 2.5


class CorrelationWarning(UserWarning):
    """The operands of a gate are more correlated than independent streams would be."""


@dataclasses.dataclass(frozen=True)
class Dependence:
    """How far the product of two streams is from the product of their values.

    Attributes
    ----------
    error : float
        AND of the streams against the product of the streams' own values: root mean square
        over all pairs of codes whose streams are not constant.
    expected : float
        The same for independent random streams with as many ones.
    """

    error: float
    expected: float

    @property
    def excessive(self) -> bool:
        """Whether the error is more than 2.5 times the expected one."""
        return self.error > EXCESS * self.expected


@lru_cache(maxsize=1024)
def dependence(first: Generator, second: Generator, length: int) -> Dependence:
    """Return the exact correlation of the streams of two generators over a window.

    Parameters
    ----------
    first, second : Generator
        Of words wider than 8 bits the 8 most significant bits count.
    length : int
        Cycles from reset, N; at most the first 2^16 count.

    Returns
    -------
    Dependence

    Notes
    -----
    The count table gives the ones of AND for every pair of codes. Independent random streams
    of A and B ones have ``A B / N`` ones in common on average, with the variance
    ``A (N - A) B (N - B) / (N^2 (N - 1))`` of the hypergeometric distribution. The quotient
    of the mean squares is the statistic of J. R. Blum, J. Kiefer and M. Rosenblatt,
    "Distribution free tests of independence based on the sample distribution function",
    Annals of Mathematical Statistics 32(2), 1961. Streams of n-bit words gain nothing after
    ``4 * 2^n`` cycles, so that no more count for the expected error.

    Examples
    --------
    >>> from stochastic import Lfsr, Sobol
    >>> dependence(Sobol(width=8), Sobol(width=8, dimension=1), 256).excessive
    False
    >>> shifted = dependence(Lfsr(width=8), Lfsr(width=8, phase=1), 256)
    >>> round(shifted.error, 3), round(shifted.expected, 3), shifted.excessive
    (0.053, 0.011, True)
    """
    window = min(length, LONGEST_WINDOW)
    (u, rows), (v, columns) = (_leading_bits(g, window) for g in (first, second))
    pairs = np.bincount(u * columns + v, minlength=rows * columns).reshape(rows, columns)
    both = pairs.cumsum(axis=0).cumsum(axis=1) / window
    p, q = both[:, -1], both[-1, :]
    varies = np.outer((p > 0) & (p < 1), (q > 0) & (q < 1))
    if window == 1 or not varies.any():
        return Dependence(0.0, 0.0)
    square = (both - np.outer(p, q))[varies] ** 2
    variance = np.outer(p * (1 - p), q * (1 - q))[varies]
    cycles = min(window, 4 << max(first.width, second.width))
    return Dependence(
        error=float(np.sqrt(square.mean())),
        expected=float(np.sqrt(variance.mean() / (cycles - 1))),
    )


def independent_of(first: Generator, second: Generator, length: int) -> Generator | None:
    """Return a Sobol sequence to take in place of `second`, or None if none is better."""
    width = min(max(first.width, second.width), Sobol.WIDTHS[1])
    for dimension in range(8):
        candidate = Sobol(width=width, dimension=dimension)
        found = dependence(first, candidate, length)
        if found.error <= found.expected and not same_sequence(first, candidate, length):
            return candidate
    return None


def require_independent(
    gate: str, first: Iterable[Generator], second: Iterable[Generator], length: int
) -> None:
    """Raise a ValueError if two operands depend on one sequence; warn if they correlate.

    Parameters
    ----------
    gate : str
        Beginning of the message.
    first, second : iterable of Generator
        The generators of the two operands.
    length : int
        Cycles from reset.
    """
    second = tuple(second)
    for g in first:
        for h in second:
            if _same_sequence(g, h, length):
                raise ValueError(
                    f"{gate} needs independent operands, but {g!r} and {h!r} give the same "
                    f"sequence: pass correlated=True if that is meant"
                )
            warn_of_correlation(gate, g, h, length, "pass correlated=True if that is meant")


def warn_of_correlation(
    gate: str, first: Generator, second: Generator, length: int, remedy: str = ""
) -> None:
    """Issue a `CorrelationWarning` if the streams of two generators correlate.

    Parameters
    ----------
    gate : str
        Beginning of the message.
    first, second : Generator
    length : int
        Cycles from reset.
    remedy : str
        What else helps, besides another generator: the end of the message.
    """
    found = dependence(first, second, length)
    if not found.excessive:
        return
    other = independent_of(first, second, length)
    remedies = [f"take {other!r} in place of the second"] if other else []
    remedies += [remedy] if remedy else []
    warnings.warn(
        f"{gate} needs independent operands, but over {length} cycles the product of the "
        f"streams of {first!r} and {second!r} is off by {found.error:.2g}, where independent "
        f"streams would be off by {found.expected:.2g}"
        + (f": {', or '.join(remedies)}" if remedies else ""),
        CorrelationWarning,
        stacklevel=_caller(),
    )


def _leading_bits(generator: Generator, length: int) -> tuple[NDArray[np.int64], int]:
    """Return the most significant bits of each word, and how many values they have."""
    width = min(generator.width, MOST_BITS)
    words = generator.words(length) >> np.uint32(generator.width - width)
    return words.astype(np.int64), 1 << width


def _caller() -> int:
    """Return the stack level of the first frame outside of these packages."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith(
        ("stochastic.", "fixedpoint.")
    ):
        frame = frame.f_back
        level += 1
    return level


# Every call of a gate needs this, and the comparison can take long sequences.
_same_sequence = lru_cache(maxsize=256)(same_sequence)
