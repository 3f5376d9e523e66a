"""Statistics of training runs with several seeds."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Sequence

__all__ = ["Mean", "paired"]


@dataclasses.dataclass(frozen=True)
class Mean:
    """Mean of some measurements and its standard error.

    Attributes
    ----------
    value : float
    error : float
        ``s / sqrt(n)`` with the standard deviation s of n measurements (n - 1 degrees of
        freedom); NaN for a single one.
    count : int
    """

    value: float
    error: float
    count: int

    @staticmethod
    def of(values: Iterable[float]) -> Mean:
        """Return mean and standard error of one or more values."""
        samples = list(values)
        n = len(samples)
        if not n:
            raise ValueError("a mean needs at least one value")
        mean = math.fsum(samples) / n
        if n == 1:
            return Mean(mean, math.nan, 1)
        squares = math.fsum((value - mean) ** 2 for value in samples)
        return Mean(mean, math.sqrt(squares / (n - 1) / n), n)


def paired(values: Sequence[float], references: Sequence[float]) -> Mean:
    """Return the mean of the differences of pairs, such as runs of the same seed."""
    return Mean.of(a - b for a, b in zip(values, references, strict=True))
