"""Hard hyperbolic tangent of a sum by a saturating counter."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

from ..circuit import StateMachine

__all__ = ["HardTanh"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class HardTanh(StateMachine):
    """Hard tanh of a sum, clip(a + b, -1, 1): a counter holds what exceeds one bit.

    Parameters
    ----------
    states : int
        K, even, 2..1024.
    initial : int, optional
        The state after reset, 0..K - 1; by default K / 2.

    Notes
    -----
    Ports: ``a`` and ``b`` to ``y``, bipolar, one bit each. Where a and b are equal the output
    is that bit, and the other half of the sum is stored: the state rises by 1 for ones and
    falls by 1 for zeros, held at both ends. Where they differ the sum is 0, and the output
    pays from the store: it is 1 where ``S >= K / 2``, and the state falls by 1; else it is 0,
    and the state rises by 1. Latency 0.

    The sum of the output's bits, of -1 and 1, is that of both inputs minus the change of S,
    as long as S is not held at an end: for sums inside -1..1 the error of N cycles is of the
    order K / N. For independent bits the exact mean is ``p q + u P(S >= K / 2)`` with
    ``u = p (1 - q) + q (1 - p)`` and the stationary law of S.

    One stream has a gain of 2 if b is a delayed copy of a, or a second stream of its value.
    `LinearGain` has any gain, set by a second stream.

    Source: the saturating sum of two bipolar streams, derived here; compare the non-scaled
    adder of D. Wu et al., "uGEMM", ISCA 2020.

    Examples
    --------
    >>> from stochastic import HardTanh
    >>> outputs, _ = HardTanh(states=4).run({"a": [1, 1, 0, 1, 0], "b": [1, 0, 1, 0, 0]})
    >>> outputs["y"][:, 0].tolist()
    [1, 1, 1, 0, 0]
    """

    stream_inputs: ClassVar[tuple[str, ...]] = ("a", "b")
    EVEN_STATES: ClassVar[bool] = True

    @property
    def encodings(self) -> dict[str, str | None]:
        return dict.fromkeys(("a", "b", "y"), "bipolar")

    def move(self, state: int, *bits: int) -> int:
        a, b = bits
        if a == b:
            return 1 if a else -1
        return -1 if state >= self.states // 2 else 1

    def output_bits(self, state: int, *bits: int) -> tuple[int, ...]:
        a, b = bits
        return (a if a == b else int(state >= self.states // 2),)
