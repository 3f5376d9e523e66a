"""CORDIV: division of correlated streams."""

from __future__ import annotations

import dataclasses

from .conditional_quotient import ConditionalQuotient

__all__ = ["Cordiv"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Cordiv(ConditionalQuotient):
    """CORDIV: the dividend where the divisor is 1, and an earlier quotient elsewhere.

    Parameters
    ----------
    generator : Generator, optional
        Of width w, 1..5, independent of the streams: picks one of the last 2^w quotients
        where the divisor is 0. Without it the last one is repeated.

    Notes
    -----
    Ports: ``dividend``, x, and ``divisor``, y, to ``quotient``, one bit each, all unipolar.
    Where y is 1 the quotient is x, and x enters the history. Where y is 0 the quotient comes
    from the history, and x is not read. Latency 0. After reset the history is 0, 1, 0, 1 ...,
    the newest first.

    The mean of the quotient is the probability of x given y. For streams of SCC +1 and
    x <= y, those of one generator, this is ``x / y`` exactly; for independent streams it is
    x. `InStreamDivider` makes the correlation itself. A divisor of 0 leaves the history as it
    was: `apply` refuses it.

    Source: T.-H. Chen and J. P. Hayes, "Design of Division Circuits for Stochastic
    Computing", ISVLSI 2016; the history as in D. Wu and J. San Miguel, "In-Stream Stochastic
    Division and Square Root via Correlation", DAC 2019.

    Examples
    --------
    >>> from stochastic import Cordiv
    >>> streams = {"dividend": [1, 0, 0, 0, 1], "divisor": [1, 0, 1, 0, 1]}
    >>> Cordiv().run(streams)[0]["quotient"][:, 0].tolist()
    [1, 1, 0, 0, 1]
    """
