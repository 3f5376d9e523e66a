"""Absolute value by a saturating counter."""

from __future__ import annotations

import dataclasses

from ..circuit import StateMachine

__all__ = ["Sabs"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Sabs(StateMachine):
    """Absolute value: an up/down counter whose output is its parity, inverted below half.

    Parameters
    ----------
    states : int
        K, a multiple of 4, 4..1024.
    initial : int, optional
        The state after reset, 0..K - 1; by default K / 2.

    Notes
    -----
    Ports: ``x`` and ``y``, bipolar, one bit each. The state rises by 1 where x is 1 and falls
    by 1 where it is 0, held at both ends; y is 1 in odd states from K / 2 up, and in even
    states below. Latency 1.

    For independent bits of value x the exact mean of y is ``x tanh((K / 2) artanh x)``, which
    tends to ``|x|`` as K grows.

    Source: B. D. Brown and H. C. Card, "Stochastic Neural Computation I: Computational
    Elements", IEEE Transactions on Computers 50(9), 2001. The exact mean is the stationary
    law of the counter.

    Examples
    --------
    >>> from stochastic import Sabs
    >>> outputs, _ = Sabs(states=4).run({"x": [1, 1, 0, 0, 0]})
    >>> outputs["y"][:, 0].tolist()
    [0, 1, 1, 0, 0]
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.states % 4:
            raise ValueError(f"Sabs states must be a multiple of 4, not {self.states}")

    @property
    def encodings(self) -> dict[str, str | None]:
        return {"x": "bipolar", "y": "bipolar"}

    def output_bits(self, state: int, *bits: int) -> tuple[int, ...]:
        return (int(bool(state & 1) == (state >= self.states // 2)),)
