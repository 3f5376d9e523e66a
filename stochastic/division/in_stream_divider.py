"""In-stream correlation-based divider (ISCBDIV)."""

from __future__ import annotations

import dataclasses

from fixedpoint.circuit import check_integer

from .conditional_quotient import ConditionalQuotient

__all__ = ["InStreamDivider"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class InStreamDivider(ConditionalQuotient):
    """In-stream divider (ISCBDIV): a skewed synchronizer before CORDIV.

    Parameters
    ----------
    generator : Generator, optional
        Of width w, 1..5, independent of the streams: picks one of the last 2^w quotients
        where the divisor is 0. Without it the last one is repeated.
    depth : int
        D, the largest number of ones of the dividend held back, 1..63.

    Notes
    -----
    Ports: ``dividend``, x, and ``divisor``, y, to ``quotient``, one bit each, all unipolar. A
    one of x without one of y is held back, up to D of them, and released where y is 1 and x
    is 0. The divisor is not changed. What follows is `Cordiv`. Latency 0; after reset nothing
    is held back.

    For independent bits of means p < q the number held back has a geometric law of the ratio
    ``r = p (1 - q) / (q (1 - p))``, and the mean of the quotient is exactly
    ``p + (1 - p)(r - r^(D + 1)) / (1 - r^(D + 1))``. It tends to p / q with D. Beyond p = q
    it tends to 1. A divisor of 0 leaves the history as it was: `apply` refuses it.

    Source: D. Wu and J. San Miguel, "In-Stream Stochastic Division and Square Root via
    Correlation", DAC 2019, with a history of two bits; its published software has D = 3. The
    law is that of the counter.

    Examples
    --------
    >>> from stochastic import InStreamDivider
    >>> streams = {"dividend": [1, 0, 0, 0, 0], "divisor": [0, 1, 0, 1, 1]}
    >>> InStreamDivider().run(streams)[0]["quotient"][:, 0].tolist()
    [0, 1, 1, 0, 0]
    """

    depth: int = 3  # type: ignore[misc]

    def __post_init__(self) -> None:
        super().__post_init__()
        self._set(depth=check_integer("InStreamDivider depth", self.depth, 1, 63))
