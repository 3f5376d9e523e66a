"""Exponential by a saturating counter."""

from __future__ import annotations

import dataclasses

from fixedpoint.circuit import check_integer

from ..circuit import StateMachine

__all__ = ["Sexp"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Sexp(StateMachine):
    """Exponential: an up/down counter whose output is 0 in its uppermost states.

    Parameters
    ----------
    states : int
        K, 2..1024.
    initial : int, optional
        The state after reset, 0..K - 1; by default K // 2.
    gain : int
        G, how many of the upper states give 0, 1..K - 1.

    Notes
    -----
    Ports: ``x``, bipolar, and ``y``, unipolar, one bit each. The state rises by 1 where x is
    1 and falls by 1 where it is 0, held at both ends; ``y = (S < K - G)``. Latency 1.

    For independent bits of value x, with ``r = (1 + x) / (1 - x)``, the exact mean of y is
    ``(1 - r^(K-G)) / (1 - r^K)``. For G well below K it is near ``exp(-2 G x)`` where x is
    positive, and near 1 where it is negative.

    Source: B. D. Brown and H. C. Card, "Stochastic Neural Computation I: Computational
    Elements", IEEE Transactions on Computers 50(9), 2001. The exact mean is the stationary
    law of the counter.

    Examples
    --------
    >>> from stochastic import Sexp
    >>> outputs, _ = Sexp(states=4, gain=1).run({"x": [1, 1, 1, 0, 0]})
    >>> outputs["y"][:, 0].tolist()
    [1, 0, 0, 0, 1]
    """

    gain: int

    def __post_init__(self) -> None:
        super().__post_init__()
        name = f"Sexp gain with {self.states} states"
        self._set(gain=check_integer(name, self.gain, 1, self.states - 1))

    @property
    def encodings(self) -> dict[str, str | None]:
        return {"x": "bipolar", "y": "unipolar"}

    def output_bits(self, state: int, *bits: int) -> tuple[int, ...]:
        return (int(state < self.states - self.gain),)
