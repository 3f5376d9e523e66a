"""Synchronizer: makes the ones of two streams coincide."""

from __future__ import annotations

import dataclasses
import functools
from typing import ClassVar

from ..circuit import StateMachine
from .pair_machine import PairMachine

__all__ = ["Synchronizer"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Synchronizer(PairMachine):
    """Synchronizer: holds back lone ones of two streams until they can be paired.

    It moves the correlation (SCC) of the streams towards +1 and keeps their values. On
    correlated streams OR is the maximum, AND the minimum and XOR the difference.

    Parameters
    ----------
    depth : int
        D, the largest number of ones held back, 1..8.

    Notes
    -----
    Ports: ``a`` and ``b`` to ``a_out`` and ``b_out``, one bit each, of any one encoding. The
    state S, -D..D, is the number of ones held back: of a where S > 0, of b where S < 0. In
    each cycle::

        a b    S            a_out b_out    S
        0 0    any          0 0            S
        1 1    any          1 1            S
        1 0    S < 0        1 1            S + 1, a one of b is released
               0 <= S < D   0 0            S + 1, the one of a is held back
               S = D        1 0            S
        0 1    S > 0        1 1            S - 1
               -D < S <= 0  0 0            S - 1
               S = -D       0 1            S

    Latency 0. After reset S is 0; the register holds S + D. Up to every cycle the ones of
    ``a_out`` differ from those of a by at most D, so the error of a value is at most D / N.

    For independent bits with means p and q the law of S is geometric with the ratio
    ``p (1 - q) / (q (1 - p))``, and the probability that both outputs are 1 is
    ``p q + P(S < 0) p (1 - q) + P(S > 0) q (1 - p)``.

    Source: V. T. Lee, A. Alaghi and L. Ceze, "Correlation Manipulating Circuits for
    Stochastic Computing", DATE 2018; the table for D = 1 as in figure 5a of D. Wu and
    J. San Miguel, "In-Stream Stochastic Division and Square Root via Correlation", DAC 2019.
    The law is that of the counter.

    Examples
    --------
    >>> from stochastic import Synchronizer
    >>> outputs, _ = Synchronizer().run({"a": [1, 0, 1, 0], "b": [0, 1, 0, 1]})
    >>> outputs["a_out"][:, 0].tolist(), outputs["b_out"][:, 0].tolist()
    ([0, 1, 0, 1], [0, 1, 0, 1])
    """

    @functools.cached_property
    def table(self) -> StateMachine:  # type: ignore[override]
        return _SynchronizerTable(states=2 * self.depth + 1)


@dataclasses.dataclass(frozen=True, kw_only=True)
class _SynchronizerTable(StateMachine):
    """The synchronizer as a saturating state machine of 2 D + 1 states."""

    stream_inputs: ClassVar[tuple[str, ...]] = ("a", "b")
    stream_outputs: ClassVar[tuple[str, ...]] = ("a_out", "b_out")

    def move(self, state: int, *bits: int) -> int:
        a, b = bits
        return a - b

    def output_bits(self, state: int, *bits: int) -> tuple[int, ...]:
        a, b = bits
        last = self.states - 1
        held = state - last // 2
        if a == b:
            return a, b
        if (held < 0) if a else (held > 0):
            return 1, 1
        return (a, b) if state == (last if a else 0) else (0, 0)
