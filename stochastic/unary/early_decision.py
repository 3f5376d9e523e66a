"""Early decision: ends a stream as soon as its sign is certain enough."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import ClassVar, Self

from fixedpoint.circuit import check_number
from fixedpoint.circuit.checks import shown

from ..circuit import StateMachine

__all__ = ["EarlyDecision"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class EarlyDecision(StateMachine):
    """Early decision: an up/down counter that stops at either end, and says which.

    Parameters
    ----------
    states : int
        K, odd, 3..1023: the bound is B = (K - 1) / 2.
    initial : int, optional
        The state after reset, 0..K - 1; by default B, which favours neither sign.

    Notes
    -----
    Ports: ``x``, bipolar; ``done``, 1 from the cycle after the decision on; ``positive``, 1
    where the state is above B, which from then on is the sign of x. The state rises by 1
    where x is 1 and falls by 1 where it is 0, until it is 0 or K - 1, where it stays. Latency
    1. Only ``rst`` makes ready for another decision.

    For independent bits with the probability p of a 1 and ``r = (1 - p) / p``, a start at B
    decides for positive with the probability ``1 / (1 + r^B)``, after
    ``B (1 - r^B) / ((1 + r^B) (2 p - 1))`` cycles in the mean, or B^2 where p is 1/2.

    Source: A. Wald, "Sequential Tests of Statistical Hypotheses", Annals of Mathematical
    Statistics 16(2), 1945; the law is that of the gambler's ruin.

    Examples
    --------
    >>> from stochastic import EarlyDecision
    >>> outputs, _ = EarlyDecision(states=5).run({"x": [1, 0, 1, 1, 0, 0, 0]})
    >>> outputs["done"][:, 0].tolist()
    [0, 0, 0, 0, 1, 1, 1]
    >>> EarlyDecision.for_confidence(value=0.2, confidence=0.99).states
    25
    """

    stream_outputs: ClassVar[tuple[str, ...]] = ("done", "positive")
    meanings: ClassVar[Mapping[str, str]] = {
        "done": "1 from the cycle of the decision",
        "positive": "the sign so far, 1 for +; final once done",
    }
    LEAST_STATES: ClassVar[int] = 3

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.states % 2 == 0:
            raise ValueError(f"EarlyDecision states must be odd, not {self.states}")

    @classmethod
    def for_confidence(cls, *, value: float, confidence: float) -> Self:
        """Return the smallest circuit that is right with the wanted probability.

        Parameters
        ----------
        value : float
            Least magnitude of x that must be told from 0, above 0 and below 1.
        confidence : float
            Above 0.5 and below 1.

        Raises
        ------
        ValueError
            If a number is out of range, or 1023 states do not suffice.
        """
        if not 0 < check_number("EarlyDecision value", value) < 1:
            raise ValueError(f"EarlyDecision value must be between 0 and 1, not {shown(value)}")
        if not 0.5 < check_number("EarlyDecision confidence", confidence) < 1:
            raise ValueError(
                f"EarlyDecision confidence must be between 0.5 and 1, not {shown(confidence)}"
            )
        odds = math.log(confidence / (1 - confidence))
        per_bit = math.log1p(value) - math.log1p(-value)
        bound = math.ceil(min(odds / per_bit, 2.0**60))
        return cls(states=2 * bound + 1)

    @property
    def encodings(self) -> dict[str, str | None]:
        return {"x": "bipolar", "done": "unipolar", "positive": "unipolar"}

    def move(self, state: int, *bits: int) -> int:
        # An end is left in neither direction; beyond it the counter saturates anyway.
        if bits[0]:
            return 0 if state == 0 else 1
        return 0 if state == self.states - 1 else -1

    def output_bits(self, state: int, *bits: int) -> tuple[int, ...]:
        return (int(state in (0, self.states - 1)), int(state > self.states // 2))
