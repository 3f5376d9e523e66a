"""Minimum of two streams by a saturating counter."""

from __future__ import annotations

import dataclasses

from .smax import Smax

__all__ = ["Smin"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Smin(Smax):
    """Minimum of two independent streams: a counter of their difference selects one.

    Parameters
    ----------
    states : int
        K, even, 2..1024.
    initial : int, optional
        The state after reset, 0..K - 1; by default K / 2.

    Notes
    -----
    As `Smax`, with the two choices exchanged: the output is b where ``S >= K / 2``, else a.
    For independent bits the exact mean of y is ``(q r^(K / 2) + p) / (r^(K / 2) + 1)``, above
    ``min(p, q)`` by less than ``0.14 / K``. `Minimum` is the same function for correlated
    streams, by AND.

    Examples
    --------
    >>> from stochastic import Smin
    >>> outputs, _ = Smin(states=4).run({"a": [0, 1, 0, 1, 0], "b": [1, 1, 0, 0, 0]})
    >>> outputs["y"][:, 0].tolist()
    [1, 1, 0, 1, 0]
    """

    def output_bits(self, state: int, *bits: int) -> tuple[int, ...]:
        a, b = bits
        return (b if state >= self.states // 2 else a,)
