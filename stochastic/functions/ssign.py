"""Sign by a saturating counter."""

from __future__ import annotations

import dataclasses
import math
from typing import Any, ClassVar, Self

from fixedpoint.circuit import check_number

from ..circuit import StateMachine

__all__ = ["Ssign"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Ssign(StateMachine):
    """Sign: a counter that is long enough to decide.

    Parameters
    ----------
    states : int
        K, even, 4..1024.
    initial : int, optional
        The state after reset, 0..K - 1; by default K / 2.

    Notes
    -----
    Ports: ``x`` and ``y``, bipolar, one bit each. The state rises by 1 where x is 1 and falls
    by 1 where it is 0, held at both ends. The output is 1 in the upper half and 0 in the
    lower half; in the two states in the middle it is x, so that neither sign is preferred
    after reset. Latency 0.

    For independent bits, with p the probability of a one and r = p / (1 - p), the exact
    probability of a one is that of the upper half without its lowest state, plus p times
    that of the two states in the middle, in the stationary law ``r^S``. It tends to a step;
    `for_dead_zone` gives the states that a value of x needs.

    Source: the counter is that of B. D. Brown and H. C. Card, "Stochastic Neural Computation
    I: Computational Elements", IEEE Transactions on Computers 50(9), 2001; the middle states
    are this library's definition.

    Examples
    --------
    >>> from stochastic import Ssign
    >>> outputs, _ = Ssign(states=6).run({"x": [1, 0, 0, 0, 0, 1]})
    >>> outputs["y"][:, 0].tolist()
    [1, 1, 0, 0, 0, 0]
    """

    LEAST_STATES: ClassVar[int] = 4
    EVEN_STATES: ClassVar[bool] = True

    @classmethod
    def for_dead_zone(cls, x: Any, error: Any) -> Self:
        """Return the circuit with the fewest states that decides a value.

        Parameters
        ----------
        x : float
            The least magnitude that must be decided, above 0 and below 1.
        error : float
            The largest allowed ``|y - sign(x)|`` there, above 0 and below 1.

        Raises
        ------
        ValueError
            If a number is out of range, or more than 1024 states were needed.

        Examples
        --------
        >>> Ssign.for_dead_zone(0.1, 0.01).states
        54
        """
        name = cls.__name__
        for label, value in (("x", x), ("error", error)):
            if not 0 < check_number(f"{name} {label}", value) < 1:
                raise ValueError(f"{name} {label} must be above 0 and below 1, not {value}")
        p = (1 + x) / 2
        for states in range(4, 1025, 2):
            if 2 * (1 - _one(p, states)) <= error:
                return cls(states=states)
        raise ValueError(f"{name} x must be large enough for 1024 states, not {x}")

    @property
    def encodings(self) -> dict[str, str | None]:
        return {"x": "bipolar", "y": "bipolar"}

    def output_bits(self, state: int, *bits: int) -> tuple[int, ...]:
        half = self.states // 2
        return (bits[0] if state in (half - 1, half) else int(state > half),)


def _one(p: float, states: int) -> float:
    """Return the stationary probability of a one for p above a half."""
    # Powers of 1 / r from the top, which do not overflow.
    ratio = (1 - p) / p
    weights = [math.pow(ratio, states - 1 - s) for s in range(states)]
    half = states // 2
    ones = sum(weights[half + 1 :]) + p * (weights[half] + weights[half - 1])
    return ones / sum(weights)
