"""Hyperbolic tangent of integral streams (NStanh)."""

from __future__ import annotations

import dataclasses

from fixedpoint.circuit import check_choice

from .integral_state_machine import IntegralStateMachine

__all__ = ["NStanh"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class NStanh(IntegralStateMachine):
    """Hyperbolic tangent of an integral stream: a counter whose output is its upper half.

    Parameters
    ----------
    states : int
        K, even, 2..2^20; m n for a range m in the paper's notation.
    range : int
        Range m of the input.
    encoding : {"unipolar", "bipolar"}
        Encoding of the input.
    initial : int, optional
        The state after reset, 0..K - 1; by default K / 2.
    rule : {">=", ">"}
        ``y = 1`` where the state is at least K / 2, or above K / 2. The first rule has no
        bias at an input of 0. The second shifts the output by up to -0.25.

    Notes
    -----
    Ports: ``value``, and ``y``, a bipolar bit. Latency 1.

    For a bipolar input that is the sum of m independent bipolar streams the mean of y is near
    ``tanh(n s / 2)`` with n = K / m. For any input with mean s and variance v in each cycle
    it is near ``tanh(K s / (2 v))``. The exact mean follows from the stationary law.

    Source: A. Ardakani et al., "VLSI Implementation of Deep Neural Network Using Integral
    Stochastic Computing", IEEE Transactions on VLSI Systems 25(10), 2017.

    Examples
    --------
    >>> from stochastic import NStanh
    >>> unit = NStanh(states=8, range=2)
    >>> unit.run({"value": [-2, 2, 2, 2]})[0]["y"][:, 0].tolist()
    [1, 0, 1, 1]
    """

    rule: str = ">="

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.states % 2:
            raise ValueError(f"NStanh states must be even, not {self.states}")
        check_choice("NStanh rule", self.rule, (">=", ">"))

    @property
    def threshold(self) -> int:
        return self.states // 2 + (self.rule == ">")

    @property
    def upper(self) -> int:
        return 1
