"""Exponential of integral streams (NSexp)."""

from __future__ import annotations

import dataclasses

from fixedpoint.circuit import check_integer

from .integral_state_machine import IntegralStateMachine

__all__ = ["NSexp"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class NSexp(IntegralStateMachine):
    """Exponential of an integral stream: a counter whose output is 0 in its upper states.

    Parameters
    ----------
    states : int
        K, 2..2^20; m n for a range m in the paper's notation.
    range : int
        Range m of the input.
    encoding : {"unipolar", "bipolar"}
        Encoding of the input.
    initial : int, optional
        The state after reset, 0..K - 1; by default K // 2.
    gain : int
        How many of the upper states give 0, 1..K - 1; m G in the paper's notation.

    Notes
    -----
    Ports: ``value``, and ``y``, a unipolar bit. Latency 1.

    For a bipolar input that is the sum of m independent bipolar streams the mean of y is near
    ``exp(-2 G s)`` where s is positive, with G = gain / m, and near 1 where it is negative.
    The exact mean follows from the stationary law.

    Source: A. Ardakani et al., "VLSI Implementation of Deep Neural Network Using Integral
    Stochastic Computing", IEEE Transactions on VLSI Systems 25(10), 2017.

    Examples
    --------
    >>> from stochastic import NSexp
    >>> unit = NSexp(states=8, range=2, gain=2)
    >>> unit.run({"value": [2, 2, -2, -2]})[0]["y"][:, 0].tolist()
    [1, 0, 0, 1]
    """

    gain: int

    def __post_init__(self) -> None:
        super().__post_init__()
        name = f"NSexp gain with {self.states} states"
        self._set(gain=check_integer(name, self.gain, 1, self.states - 1))

    @property
    def threshold(self) -> int:
        return self.states - self.gain

    @property
    def upper(self) -> int:
        return 0
