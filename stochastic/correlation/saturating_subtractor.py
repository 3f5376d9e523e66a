"""Saturating difference of two streams by one gate of correlated bits."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

from .correlated_gate import CorrelatedGate

__all__ = ["SaturatingSubtractor"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class SaturatingSubtractor(CorrelatedGate):
    """Saturating difference max(a - b, 0): a synchronizer, and AND with b inverted.

    Parameters
    ----------
    depth : int
        Depth of the synchronizer, 1..8; or 0 for the gate alone, whose streams must have the
        correlation (SCC) +1 already.

    Notes
    -----
    Ports: ``a`` and ``b`` to ``difference``, one bit each, unipolar. Latency 0. The state is
    that of `Synchronizer`.

    On streams of SCC +1 the result is ``max(p - q, 0)`` exactly. With the synchronizer in
    front it is ``p - r`` for independent bits of means p and q, where r is the probability
    that both of the synchronizer's outputs are 1.

    Source: A. Alaghi and J. P. Hayes, "Exploiting correlation in stochastic circuit design",
    ICCD 2013; with a synchronizer V. T. Lee, A. Alaghi and L. Ceze, DATE 2018.

    Examples
    --------
    >>> from stochastic import Bitstream, SaturatingSubtractor
    >>> a = Bitstream.from_bits([1, 0, 1, 0, 1, 1], "unipolar")
    >>> b = Bitstream.from_bits([0, 1, 0, 0, 0, 1], "unipolar")
    >>> SaturatingSubtractor().apply(a=a, b=b).count().tolist()
    1
    """

    output: ClassVar[str] = "difference"

    @property
    def encodings(self) -> dict[str, str | None]:
        return dict.fromkeys(("a", "b", "difference"), "unipolar")

    def gate(self, one: Any, a: Any, b: Any) -> Any:
        return a & (one ^ b)
