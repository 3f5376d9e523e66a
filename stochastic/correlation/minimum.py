"""Minimum of two streams by AND of correlated bits."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

from .correlated_gate import CorrelatedGate

__all__ = ["Minimum"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Minimum(CorrelatedGate):
    """Minimum of two streams: a synchronizer and AND.

    Parameters
    ----------
    depth : int
        Depth of the synchronizer, 1..8; or 0 for the AND alone, whose streams must have the
        correlation (SCC) +1 already.

    Notes
    -----
    Ports: ``a`` and ``b`` to ``minimum``, one bit each, all unipolar or all bipolar. Latency
    0. The state is that of `Synchronizer`.

    On streams of SCC +1 the result is exact. With the synchronizer in front it is the
    probability that both of its outputs are 1, which `Synchronizer` states.

    Source: A. Alaghi and J. P. Hayes, "Exploiting correlation in stochastic circuit design",
    ICCD 2013; with a synchronizer V. T. Lee, A. Alaghi and L. Ceze, DATE 2018.

    Examples
    --------
    >>> from stochastic import Bitstream, Minimum
    >>> a = Bitstream.from_bits([1, 0, 1, 0, 1, 1], "unipolar")
    >>> b = Bitstream.from_bits([0, 1, 0, 0, 0, 1], "unipolar")
    >>> Minimum().apply(a=a, b=b).count().tolist()
    2
    """

    output: ClassVar[str] = "minimum"

    def gate(self, one: Any, a: Any, b: Any) -> Any:
        return a & b
