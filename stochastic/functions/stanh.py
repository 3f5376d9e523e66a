"""Hyperbolic tangent by a saturating counter."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

from ..circuit import StateMachine

__all__ = ["Stanh"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Stanh(StateMachine):
    """Hyperbolic tangent: an up/down counter whose output is its upper half.

    Parameters
    ----------
    states : int
        K, even, 2..1024.
    initial : int, optional
        The state after reset, 0..K - 1; by default K / 2.

    Notes
    -----
    Ports: ``x`` and ``y``, bipolar, one bit each. The state rises by 1 where x is 1 and falls
    by 1 where it is 0, held at both ends; ``y = (S >= K / 2)``. Latency 1.

    For independent bits of value x the exact mean of y is ``tanh((K / 2) artanh x)``, near
    ``tanh(K x / 2)``.

    Source: B. D. Brown and H. C. Card, "Stochastic Neural Computation I: Computational
    Elements", IEEE Transactions on Computers 50(9), 2001. The exact mean is the stationary
    law of the counter.

    Examples
    --------
    >>> from stochastic import Stanh
    >>> outputs, _ = Stanh(states=4).run({"x": [0, 0, 0, 1, 1, 1]})
    >>> outputs["y"][:, 0].tolist()
    [1, 0, 0, 0, 0, 1]
    """

    EVEN_STATES: ClassVar[bool] = True

    @property
    def encodings(self) -> dict[str, str | None]:
        return {"x": "bipolar", "y": "bipolar"}

    def output_bits(self, state: int, *bits: int) -> tuple[int, ...]:
        return (int(state >= self.states // 2),)
