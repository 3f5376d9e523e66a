"""Logistic sigmoid by a saturating counter."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

from ..circuit import StateMachine

__all__ = ["Ssigmoid"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Ssigmoid(StateMachine):
    """Logistic sigmoid 1 / (1 + exp(-K x)): the counter of tanh with a unipolar output.

    Parameters
    ----------
    states : int
        K, even, 2..1024.
    initial : int, optional
        The state after reset, 0..K - 1; by default K / 2.

    Notes
    -----
    Ports: ``x``, bipolar, and ``y``, unipolar, one bit each. The state rises by 1 where x is
    1 and falls by 1 where it is 0, held at both ends; ``y = (S >= K / 2)``. Latency 1. The
    hardware is that of `Stanh`; the encoding of the output differs, as
    ``(1 + tanh(z)) / 2 = 1 / (1 + exp(-2 z))``.

    For independent bits of value x the exact mean of y is ``1 / (1 + r^(-K / 2))`` with
    ``r = (1 + x) / (1 - x)``, near ``1 / (1 + exp(-K x))``.

    Source: B. D. Brown and H. C. Card, "Stochastic Neural Computation I: Computational
    Elements", IEEE Transactions on Computers 50(9), 2001, for the counter. The exact mean is
    its stationary law.

    Examples
    --------
    >>> from stochastic import Ssigmoid
    >>> outputs, _ = Ssigmoid(states=4).run({"x": [0, 0, 0, 1, 1, 1]})
    >>> outputs["y"][:, 0].tolist()
    [1, 0, 0, 0, 0, 1]
    """

    EVEN_STATES: ClassVar[bool] = True

    @property
    def encodings(self) -> dict[str, str | None]:
        return {"x": "bipolar", "y": "unipolar"}

    def output_bits(self, state: int, *bits: int) -> tuple[int, ...]:
        return (int(state >= self.states // 2),)
