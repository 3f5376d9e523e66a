"""Gaines' square root: an integrator whose output, squared, follows the input."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

from fixedpoint.circuit import check_integer

from .feedback_counter import FeedbackCounter

__all__ = ["GainesSquareRoot"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class GainesSquareRoot(FeedbackCounter):
    """Gaines' square root: a counter that rises with x and falls with its output squared.

    Parameters
    ----------
    width : int
        Number n of fraction bits of the counter, 1..32.
    generator : Generator
        Generator of the output, of width n, independent of the input.
    initial : int, optional
        The counter after reset, 0..2^n; by default 2^(n - 1).
    delay : int
        Cycles between the two outputs that are multiplied, D, 1..32.

    Notes
    -----
    Ports: ``x`` to ``root``, one bit each, unipolar. With C the counter and R the generator's
    word, each cycle outputs ``root = R < C`` and sets ``C = C + x - (root and earlier)``,
    saturated at 2^n, where `earlier` is the output D cycles ago. Latency 1. After reset the
    earlier outputs are 0.

    C is at rest where the mean of the product of the two outputs is x. If words D cycles
    apart are independent this is the square of the output's mean, so that it is ``sqrt(x)``.
    The time constant is ``2^n / (2 sqrt(x))`` cycles. Successive words of a shift register or
    of a van der Corput sequence are not independent: an LFSR of width n needs a delay of n,
    and low-discrepancy sequences do not serve at all (see docs/arithmetic.md).

    Source: B. R. Gaines, "Stochastic Computing Systems", 1969; with D = 1 in D. Wu and J. San
    Miguel, "In-Stream Stochastic Division and Square Root via Correlation", DAC 2019, section
    2.3. The longer delay is this library's.

    Examples
    --------
    >>> from stochastic import Counter, GainesSquareRoot
    >>> root = GainesSquareRoot(width=1, generator=Counter(width=1), initial=2)
    >>> root.run({"x": [0, 0, 0, 0]})[0]["root"][:, 0].tolist()
    [1, 1, 1, 0]
    """

    delay: int = 1  # type: ignore[misc]

    stream_inputs: ClassVar[tuple[str, ...]] = ("x",)
    stream_output: ClassVar[str] = "root"

    def __post_init__(self) -> None:
        super().__post_init__()
        self._set(delay=check_integer("GainesSquareRoot delay", self.delay, 1, 32))
