"""Correlation of operands that must be independent, as simulated."""

from __future__ import annotations

import dataclasses

import numpy as np

from ..streams.bitstream import Bitstream
from ..streams.metrics import scc

__all__ = ["Correlation", "correlation", "unsigned"]

# As for two sequences: 2.5 times the error of random streams is not chance.
EXCESS = 2.5


@dataclasses.dataclass(frozen=True)
class Correlation:
    """The correlation of two operands that must be independent, as simulated.

    Attributes
    ----------
    part : str
    operands : tuple of str
        The ports.
    scc : float
        Mean over the values; 0 for independent streams.
    error : float
        AND of the operands against the product of their own values: root mean square.
    expected : float
        The same for independent random streams with as many ones.
    """

    part: str
    operands: tuple[str, str]
    scc: float
    error: float
    expected: float

    @property
    def bold(self) -> bool:
        """Whether the error is more than 2.5 times the expected one."""
        return self.error > EXCESS * self.expected

    def __str__(self) -> str:
        return (
            f"{self.part}: {' and '.join(self.operands)} have SCC {self.scc:.3f}, error "
            f"{self.error:.4f}, random streams {self.expected:.4f}"
        )


def unsigned(stream: Bitstream) -> Bitstream:
    """Return the magnitudes of a sign-magnitude stream, and other streams as they are."""
    if stream.encoding != "sign-magnitude":
        return stream
    return Bitstream(stream.words, stream.length, "unipolar", stream.generators)


def correlation(
    part: str, operands: tuple[str, str], first: Bitstream, second: Bitstream
) -> Correlation:
    """Return the correlation of arrays of streams of one length."""
    a, b = unsigned(first), unsigned(second)
    length = a.length
    p, q = a.count() / length, b.count() / length
    both = np.bitwise_count(a.words & b.words).sum(axis=-1) / length
    variance = p * (1 - p) * q * (1 - q) / max(1, length - 1)
    return Correlation(
        part=part,
        operands=operands,
        scc=float(scc(a, b).mean()),
        error=float(np.sqrt(((both - p * q) ** 2).mean())),
        expected=float(np.sqrt(variance.mean())),
    )
