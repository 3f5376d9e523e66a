"""Saturating sum of two streams by OR of bits that exclude each other."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

from .correlated_gate import CorrelatedGate
from .desynchronizer import Desynchronizer
from .pair_machine import PairMachine

__all__ = ["SaturatingAdder"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class SaturatingAdder(CorrelatedGate):
    """Saturating sum min(a + b, 1): a desynchronizer and OR.

    Parameters
    ----------
    depth : int
        Depth of the desynchronizer, 1..8; or 0 for the OR alone, whose streams must have the
        correlation (SCC) -1 already.

    Notes
    -----
    Ports: ``a`` and ``b`` to ``sum``, one bit each, unipolar. Latency 0. The state is that of
    `Desynchronizer`.

    On streams of SCC -1 the result is ``min(p + q, 1)`` exactly. With the desynchronizer in
    front it is ``p + q - r`` for independent bits of means p and q, where r is the
    probability that both of the desynchronizer's outputs are 1.

    Source: A. Alaghi and J. P. Hayes, "Exploiting correlation in stochastic circuit design",
    ICCD 2013; with a desynchronizer V. T. Lee, A. Alaghi and L. Ceze, DATE 2018.

    Examples
    --------
    >>> from stochastic import Bitstream, SaturatingAdder
    >>> a = Bitstream.from_bits([1, 0, 1, 0, 0, 0], "unipolar")
    >>> b = Bitstream.from_bits([1, 0, 0, 0, 0, 1], "unipolar")
    >>> SaturatingAdder().apply(a=a, b=b).count().tolist()
    4
    """

    pairing: ClassVar[type[PairMachine]] = Desynchronizer
    output: ClassVar[str] = "sum"

    @property
    def encodings(self) -> dict[str, str | None]:
        return dict.fromkeys(("a", "b", "sum"), "unipolar")

    def gate(self, one: Any, a: Any, b: Any) -> Any:
        return a | b

    def _check_independence(self, operands, length) -> None:
        """Streams of SCC -1 come from sequences that differ: there is nothing to check."""
