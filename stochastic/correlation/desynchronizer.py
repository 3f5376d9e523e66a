"""Desynchronizer: keeps the ones of two streams apart."""

from __future__ import annotations

import dataclasses
import functools
from typing import ClassVar

from ..circuit import StateMachine
from .pair_machine import PairMachine

__all__ = ["Desynchronizer"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Desynchronizer(PairMachine):
    """Desynchronizer: splits pairs of ones, and releases the second one in a free cycle.

    It moves the correlation (SCC) of the streams towards -1 and keeps their values. On such
    streams OR is the saturating sum.

    Parameters
    ----------
    depth : int
        D, the largest number of ones held back, 1..8.

    Notes
    -----
    Ports: ``a`` and ``b`` to ``a_out`` and ``b_out``, one bit each, of any one encoding. The
    state S, 0..D, is the number of ones of b held back. In each cycle::

        a b    S        a_out b_out    S
        1 1    S < D    1 0            S + 1, the one of b is held back
               S = D    1 1            S
        0 0    S > 0    0 1            S - 1, a one of b is released
               S = 0    0 0            S
        1 0    any      1 0            S
        0 1    any      0 1            S

    Latency 0. After reset S is 0. Stream a passes unchanged. Up to every cycle the ones of
    ``b_out`` are those of b less S, so the error of its value is at most D / N.

    For independent bits with means p and q the law of S is geometric with the ratio
    ``p q / ((1 - p) (1 - q))``, and the probability that both outputs are 1 is
    ``P(S = D) p q``.

    Source: the idea is of V. T. Lee, A. Alaghi and L. Ceze, "Correlation Manipulating
    Circuits for Stochastic Computing", DATE 2018. That always the one of b is held back is
    this library's choice: the law of S does not depend on it. The law is that of the counter.

    Examples
    --------
    >>> from stochastic import Desynchronizer
    >>> outputs, _ = Desynchronizer().run({"a": [1, 0, 1, 1], "b": [1, 0, 1, 1]})
    >>> outputs["a_out"][:, 0].tolist(), outputs["b_out"][:, 0].tolist()
    ([1, 0, 1, 1], [0, 1, 0, 1])
    """

    @functools.cached_property
    def table(self) -> StateMachine:  # type: ignore[override]
        return _DesynchronizerTable(states=self.depth + 1, initial=0)


@dataclasses.dataclass(frozen=True, kw_only=True)
class _DesynchronizerTable(StateMachine):
    """The desynchronizer as a saturating state machine of D + 1 states."""

    stream_inputs: ClassVar[tuple[str, ...]] = ("a", "b")
    stream_outputs: ClassVar[tuple[str, ...]] = ("a_out", "b_out")

    def move(self, state: int, *bits: int) -> int:
        return sum(bits) - 1

    def output_bits(self, state: int, *bits: int) -> tuple[int, ...]:
        a, b = bits
        if a != b:
            return a, b
        if a:
            return 1, int(state == self.states - 1)
        return 0, int(state > 0)
