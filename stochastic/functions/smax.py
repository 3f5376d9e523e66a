"""Maximum of two streams by a saturating counter."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

from ..circuit import StateMachine

__all__ = ["Smax"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Smax(StateMachine):
    """Maximum of two independent streams: a counter of their difference selects one.

    Parameters
    ----------
    states : int
        K, even, 2..1024.
    initial : int, optional
        The state after reset, 0..K - 1; by default K / 2.

    Notes
    -----
    Ports: ``a`` and ``b`` to ``y``, one bit each, of any one encoding. The output is a where
    ``S >= K / 2``, else b. The state rises by 1 where only a is 1 and falls by 1 where only b
    is 1, held at both ends. Latency 0.

    For independent bits, with p and q the probabilities of a one and
    ``r = p (1 - q) / (q (1 - p))``, the exact mean of y is
    ``(p r^(K / 2) + q) / (r^(K / 2) + 1)``. It tends to ``max(p, q)`` and is below it by less
    than ``0.14 / K``.

    `Maximum` is the same function for correlated streams, by OR.

    Source: the multiplexer behind a tanh counter of A. Ren et al., "SC-DCNN", ASPLOS 2017;
    this counter sees the difference itself instead of a scaled one. The exact mean is the
    stationary law of the counter.

    Examples
    --------
    >>> from stochastic import Smax
    >>> outputs, _ = Smax(states=4).run({"a": [0, 1, 0, 1, 0], "b": [1, 1, 0, 0, 0]})
    >>> outputs["y"][:, 0].tolist()
    [0, 1, 0, 0, 0]
    """

    stream_inputs: ClassVar[tuple[str, ...]] = ("a", "b")
    independent: ClassVar[tuple[str, ...]] = ("a", "b")
    EVEN_STATES: ClassVar[bool] = True

    @property
    def encodings(self) -> dict[str, str | None]:
        return dict.fromkeys(("a", "b", "y"))

    def move(self, state: int, *bits: int) -> int:
        a, b = bits
        return a - b

    def output_bits(self, state: int, *bits: int) -> tuple[int, ...]:
        a, b = bits
        return (a if state >= self.states // 2 else b,)
