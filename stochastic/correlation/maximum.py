"""Maximum of two streams by OR of correlated bits."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

from .correlated_gate import CorrelatedGate

__all__ = ["Maximum"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Maximum(CorrelatedGate):
    """Maximum of two streams: a synchronizer and OR.

    Parameters
    ----------
    depth : int
        Depth of the synchronizer, 1..8; or 0 for the OR alone, whose streams must have the
        correlation (SCC) +1 already.

    Notes
    -----
    Ports: ``a`` and ``b`` to ``maximum``, one bit each, all unipolar or all bipolar. Latency
    0. The state is that of `Synchronizer`.

    On streams of SCC +1 the result is exact. With the synchronizer in front it is
    ``p + q - r`` for independent bits of means p and q, where r is the probability that both
    of the synchronizer's outputs are 1.

    Source: A. Alaghi and J. P. Hayes, "Exploiting correlation in stochastic circuit design",
    ICCD 2013; with a synchronizer V. T. Lee, A. Alaghi and L. Ceze, DATE 2018.

    Examples
    --------
    >>> from stochastic import Bitstream, Maximum
    >>> a = Bitstream.from_bits([1, 0, 1, 0, 1, 1], "unipolar")
    >>> b = Bitstream.from_bits([0, 1, 0, 0, 0, 1], "unipolar")
    >>> Maximum().apply(a=a, b=b).count().tolist()
    3
    """

    output: ClassVar[str] = "maximum"

    def gate(self, one: Any, a: Any, b: Any) -> Any:
        return a | b
