"""Gaines' divider: an integrator whose output times the divisor follows the dividend."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

from .feedback_counter import FeedbackCounter

__all__ = ["GainesDivider"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class GainesDivider(FeedbackCounter):
    """Gaines' divider: a counter that rises with x and falls with y times its own output.

    Parameters
    ----------
    width : int
        Number n of fraction bits of the counter, 1..32.
    generator : Generator
        Generator of the output, of width n, independent of the inputs.
    initial : int, optional
        The counter after reset, 0..2^n; by default 2^(n - 1).

    Notes
    -----
    Ports: ``dividend``, x, and ``divisor``, y, to ``quotient``, one bit each, all unipolar.
    With C the counter and R the generator's word, each cycle outputs ``quotient = R < C`` and
    sets ``C = C + x - (y and quotient)``, saturated at 2^n. Latency 1.

    C is at rest where its output's mean is ``x / y``; for x above y it saturates, and the
    quotient is 1. It approaches with the time constant ``2^n / y`` cycles. Around the
    quotient q the variance of C / 2^n for independent words is near ``q (1 - q) / 2^n`` for
    y = 1, and larger for smaller y. A divisor of 0 leaves the counter to rise: `apply`
    refuses it.

    Source: B. R. Gaines, "Stochastic Computing Systems", 1969; the form is that of D. Wu and
    J. San Miguel, "In-Stream Stochastic Division and Square Root via Correlation", DAC 2019,
    section 2.1.

    Examples
    --------
    >>> from stochastic import Counter, GainesDivider
    >>> divider = GainesDivider(width=1, generator=Counter(width=1))
    >>> streams = {"dividend": [1, 1, 0, 0], "divisor": [0, 1, 1, 1]}
    >>> divider.run(streams)[0]["quotient"][:, 0].tolist()
    [1, 1, 1, 0]
    """

    stream_inputs: ClassVar[tuple[str, ...]] = ("dividend", "divisor")
    stream_output: ClassVar[str] = "quotient"
    nonzero: ClassVar[tuple[str, ...]] = ("divisor",)
